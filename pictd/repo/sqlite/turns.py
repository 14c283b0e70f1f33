"""Whose turn it is to write, among the processes that share a database.

SQLite gives its write lock to whoever asks in the right moment: a process that commits without a
pause keeps the others waiting for seconds, for they sleep between their attempts. So they queue
outside of SQLite, in the kernel. How it works: two locks on a file beside the database. ``_NEXT``
is held by the one that writes next, while it waits for ``_WRITING``. Who has written asks for
``_NEXT`` again, which it gets only when the one before it has begun to write.

The kernel takes the locks of a process that dies. SQLite's own lock is still what keeps the
database whole; these only bring order into asking for it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEXT, _WRITING = 0, 1
"""Bytes of the file."""


class Turns:
    """Those of one process.

    :raise OSError: there can be no file beside the database.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(f"{database.name}-turns")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for this process's turn, and let the next one write at the end. Blocks.

        :raise OSError: the filesystem has no locks.
        """
        self._take(_NEXT)
        try:
            self._take(_WRITING)
        finally:
            self._leave(_NEXT)
        try:
            yield
        finally:
            self._leave(_WRITING)

    def close(self) -> None:
        """To be called once."""
        os.close(self._file)

    def _take(self, byte: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, byte)

    def _leave(self, byte: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)
