"""Who uses a database: any number of programs together, or alone the one that replaces it.

The lease is a lock on an empty file beside the database, which stays there for good. SQLite's own
locks are on the database file, and tell nothing of another file that comes into its place: whoever
opened the old one a moment before would go on working in it. The kernel lets go of the lease where
its holder dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = "-lease"
"""Of the file."""
_KINDS = {False: fcntl.LOCK_SH, True: fcntl.LOCK_EX}


class Lease:
    """Held from its making until it is closed."""

    def __init__(self, database: Path, alone: bool = False) -> None:
        """Blocks for a moment, but never waits.

        :param database: its folder has to be there. It is the same by whatever links it is named.
        :param alone: nobody else may hold it meanwhile.
        :raise BlockingIOError: somebody holds it, alone or ``alone`` was asked for.
        :raise OSError: this user may not, or the filesystem knows no locks.
        """
        database = database.resolve()
        file = database.with_name(database.name + SUFFIX)
        self._descriptor: int | None = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_NB | _KINDS[alone])
            leave_to_owner(file, database)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """Hold the lease alone.

    :raise OSError: as ``Lease`` does.
    """
    lease = Lease(database, alone=True)
    try:
        yield
    finally:
        lease.close()


def leave_to_owner(file: Path, database: Path) -> None:
    """What root makes beside a database, or for its place, has to be for the server's user: the
    one whom the database belongs to, or its folder where there is none yet."""
    if os.geteuid() != 0:
        return
    model = database if database.exists() else database.parent
    found = model.stat()
    os.chown(file, found.st_uid, found.st_gid)
