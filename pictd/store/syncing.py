"""Making files and names survive power loss. Blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_MODE = 0o640
"""Of stored files: a web server in the same group may read them."""


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    """A descriptor, closed at the end."""
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Put the bytes on the disk, with the mode of stored files.

    :raise OSError: it could not be done, or the path is a symbolic link.
    """
    with opened(path, os.O_RDONLY | os.O_NOFOLLOW) as descriptor:
        os.fchmod(descriptor, FILE_MODE)
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in it on the disk."""
    with opened(folder, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.fsync(descriptor)
