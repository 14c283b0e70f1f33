"""The contracts between pictd's parts.

Every method of a repo facet is one atomic step: after it returned, what it wrote survives a crash
of the process and of the machine; if it raised, or the process died in it, nothing was written,
unless it raised ``OutcomeUnknown``: then all of it, or nothing. Bytes that it may refer to are left
as strays.
All moments are nanoseconds since the epoch and are given by the caller: backends have no clock. A
backend may drop what is below a microsecond, which no caller tells either.
Look-ups return None for ordinary absence. Every method may raise ``RepoUnavailable`` (repo) or
``StoreUnavailable`` (store) where the backend itself fails.
"""
