"""Open files: the most recently used stay open, so that a hot file costs no thread."""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from pathlib import Path


class OpenFile:
    """A descriptor that is closed with the last reference to it.

    The cache, streams and reads in other threads each hold one. The descriptor can't be closed, and
    its number not be given to another file, while any of them is at work.
    """

    def __init__(self, path: Path) -> None:
        """Blocks.

        :raise OSError: it can't be opened.
        """
        self.descriptor = -1
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO would block

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)

    def size(self) -> int | None:
        """Bytes; None where it was deleted, or is no file."""
        status = os.fstat(self.descriptor)
        return status.st_size if status.st_nlink and stat.S_ISREG(status.st_mode) else None


class OpenFiles:
    """A bounded number of open files by identifier. For the reactor's thread only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._files: OrderedDict[str, OpenFile] = OrderedDict()

    def get(self, identifier: str) -> OpenFile | None:
        """The open file, which counts as used; None where there is none, or not any more."""
        file = self._files.get(identifier)
        if file is None:
            return None
        if file.size() is None:
            self.forget(identifier)
            return None
        self._files.move_to_end(identifier)
        return file

    def put(self, identifier: str, file: OpenFile) -> None:
        """Keep it open; the one that was not used for the longest time makes room."""
        self._files[identifier] = file
        self._files.move_to_end(identifier)
        while len(self._files) > self._most:
            self._files.popitem(last=False)

    def forget(self, identifier: str) -> None:
        """Keep it open no longer than its readers need. Idempotent."""
        self._files.pop(identifier, None)
