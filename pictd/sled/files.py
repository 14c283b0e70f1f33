"""Reads files of a folder, and leaves no trace in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from pictd.sled.failures import DatabaseUnreadable, NotADatabase, NotPermitted, SledFailure

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe of that name must not hold us up


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Failures of the operating system become this package's.

    :raise NotPermitted: the user may not.
    :raise DatabaseUnreadable: anything else, as where a disk fails.
    """
    try:
        yield
    except OSError as error:
        raise _failure(path, error) from error


def _failure(path: Path, error: OSError) -> SledFailure:
    if isinstance(error, PermissionError):
        return NotPermitted(f"{path} may not be read: {error.strerror}")
    return DatabaseUnreadable(f"{path} can't be read: {error}")


def _open(name: str, folder: int | None = None) -> int:
    """Without an access time of its own, where the user may ask for that."""
    try:
        return os.open(name, _FLAGS | os.O_NOATIME, dir_fd=folder)
    except PermissionError:  # also where the file is readable, but somebody else's
        return os.open(name, _FLAGS, dir_fd=folder)


class File:
    """A file that is open for reading. Blocks, as do folders.

    :ivar size: bytes when it was opened.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, at: int, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only where the file ends.

        :raise DatabaseUnreadable: the disk fails.
        """
        try:
            data = os.pread(self.descriptor, size, at)
            while len(data) < size and (more := self._next(at + len(data), size - len(data))):
                data += more
        except OSError as error:
            raise _failure(self.path, error) from error
        return data

    def _next(self, at: int, size: int) -> bytes:
        return os.pread(self.descriptor, size, at) if at < self.size else b""

    def close(self) -> None:
        """Gives up what locks it holds, too."""
        os.close(self.descriptor)
        self.descriptor = -1  # the number may be another file's from here on


class Folder:
    """A folder that is open for reading."""

    def __init__(self, path: Path) -> None:
        """:raise NotADatabase: it is not there, or is a file.

        :raise SledFailure: it can't be read.
        """
        with reading(path):
            try:
                self._descriptor = _open(str(path))
            except (FileNotFoundError, NotADirectoryError):
                raise NotADatabase(f"{path} is not there") from None
        if not S_ISDIR(os.fstat(self._descriptor).st_mode):
            os.close(self._descriptor)
            raise NotADatabase(f"{path} is not a folder")
        self.path = path

    def names(self) -> list[str]:
        """Of everything in it."""
        with reading(self.path), os.scandir(self._descriptor) as entries:
            return [entry.name for entry in entries]

    def file(self, name: str) -> File | None:
        """None: there is no such file.

        :raise SledFailure: it can't be read.
        """
        with reading(self.path / name):
            try:
                descriptor = _open(name, self._descriptor)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if not S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotADatabase(f"{self.path / name} is not a file")
        return File(self.path / name, descriptor)

    def content(self, name: str) -> bytes | None:
        """Of a file as a whole; None: there is no such file.

        :raise SledFailure: it can't be read.
        """
        file = self.file(name)
        if file is None:
            return None
        try:
            return file.read(0, file.size)
        finally:
            file.close()

    def close(self) -> None:
        """The files that were opened stay open."""
        os.close(self._descriptor)
