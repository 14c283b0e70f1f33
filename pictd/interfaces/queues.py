"""What goes on between processes: queued uploads, jobs, claims."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import Interface

from pictd.model.claims import Claim
from pictd.model.records import Job, Queue
from pictd.model.uploads import Upload


class IUploads(Interface):
    """Queued uploads: pending, then completed with a result, then claimed.

    An upload is completed by success through the ``Naming`` that publishes it, in the same step.
    When it is completed, either way, it lets go of its raw bytes: a ``cleanup`` job is pushed for
    them in that step.
    """

    async def begin(id: str, identifier: str, payload: object, now: int) -> None:
        """Record a pending upload, and push the job that works on it to ``Queue.PROCESS``.

        :param id: a new UUID, hyphenated.
        :param identifier: of the raw bytes, which the repo refers to while the upload is pending.
        :param payload: of the job; JSON.
        """

    async def find(id: str) -> Upload | None:
        """The upload, until it is claimed or expires."""

    async def fail(id: str, message: str, code: str) -> bool:
        """Complete a pending upload by failure. False, and nothing done: none is pending."""

    async def claim(id: str) -> bool:
        """Remove a completed upload: its result has been told. True for one caller only."""

    async def wait(id: str) -> None:
        """Return soon after the upload was completed, claimed or expired. Callers look and poll as
        well: a wake-up may be spurious, or come from another process, and then not at all."""

    async def expired(before: int, limit: int) -> Sequence[Upload]:
        """Uploads that were queued before that moment, oldest first."""

    async def expire(id: str, before: int) -> bool:
        """Remove an upload if it was queued before that moment: nobody is going to claim it. Raw
        bytes get a ``cleanup`` job; an alias that was given, and still has the token of the
        result, is removed as ``IAliases.remove`` does. False, and nothing done: it is younger, or
        no longer there."""


class IJobs(Interface):
    """Durable queues with leases. A job whose worker died is taken again when its lease ends; the
    lost attempt counts (contract C6, C14)."""

    async def push(queue: Queue, payload: object, now: int, unique_key: str | None = None) -> bool:
        """False, and nothing done: a job with this key is queued or running."""

    async def pop(queue: Queue, worker: str, now: int, lease: int) -> Job | None:
        """Take the oldest job that is due and whose lease, if any, has ended; None where there is
        none. Taking uses up an attempt. A job without attempts left comes marked as exhausted: it
        is not to be worked on, but given up and finished.

        :param worker: a UUID.
        :param lease: nanoseconds until it may be taken again.
        """

    async def renew(job: Job, worker: str, now: int, lease: int) -> bool:
        """Prolong the lease. False: it was lost to another worker."""

    async def finish(job: Job, worker: str) -> None:
        """The job is done, or given up: remove it, unless another worker has taken it."""

    async def retry(job: Job, worker: str, due: int) -> None:
        """Let the job be taken again from that moment on; without attempts left, as exhausted.
        Does nothing where another worker has taken it."""

    async def release(job: Job, worker: str) -> None:
        """Hand the job back untouched: it keeps its place and its attempt, and may be taken again
        at once. Does nothing where another worker has taken it."""

    async def length(queue: Queue) -> int:
        """Jobs waiting and running."""

    async def wait(queue: Queue) -> None:
        """Return soon after a job was pushed to the queue, or released. Callers poll as well: a
        wake-up may be spurious, and a job may come due without one."""


class IClaims(Interface):
    """Who does what only one process at a time should do. A claim keeps others waiting, and nothing
    else: what is done under it is safe without it."""

    async def take(key: str, now: int) -> Claim | None:
        """The claim; None: somebody has it, and was heard of within ``VOID_AFTER``."""

    async def renew(claim: Claim, now: int) -> Claim | None:
        """The same claim, heard of just now; its holder goes on with this one. None: it was lost to
        another holder, or was void and is forgotten."""

    async def release(claim: Claim) -> None:
        """Let others have it. Does nothing where it was lost."""

    async def wait(key: str) -> None:
        """Return soon after a claim of this key was released. Callers poll as well: a wake-up may
        be spurious, or come from another process, and then not at all; the dead cause none."""
