"""Keeps pict-rs from starting while its database is read, and notices that it runs."""

from __future__ import annotations

import fcntl

from pictd.sled.failures import DatabaseInUse
from pictd.sled.files import File, reading


def share(log: File) -> None:
    """Take the lock that any number of readers may hold, and pict-rs not beside them; it ends when
    the file is closed. Doesn't wait.

    :raise DatabaseInUse: pict-rs runs.
    :raise SledFailure: the file can't be locked.
    """
    with reading(log.path):
        try:
            fcntl.flock(log.descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatabaseInUse(log.path.parent) from None
