"""Bodies too large for the log, each in a file of its own (spec sled §7)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from enum import Enum

from pictd.sled.failures import Malformed
from pictd.sled.files import File, Folder
from pictd.sled.integers import u32

_NAME = "blobs"
_CHECKSUM = 4
_HEADER = 5  # checksum, and kind
_PIECE = 1 << 20  # bytes


class Condition(Enum):
    """What there is of a blob."""

    GOOD = "good"
    ABSENT = "absent"
    DAMAGED = "damaged"


Judge = Callable[[int], Condition]
"""Tells what there is of the blob of a number."""


class Blobs:
    """The folder of blobs, which may be missing."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[int, Condition] = {}

    def condition(self, number: int) -> Condition:
        """Each is read but once for this.

        :raise SledFailure: it can't be read.
        """
        if number not in self._known:
            self._known[number] = self._examined(number)
        return self._known[number]

    def _examined(self, number: int) -> Condition:
        file = self._file(number)
        if file is None:
            return Condition.ABSENT
        try:
            return Condition.GOOD if _is_whole(file) else Condition.DAMAGED
        finally:
            file.close()

    def content(self, number: int) -> tuple[int, bytes]:
        """The kind of its message, and the body.

        :raise Malformed: it is absent or damaged.
        :raise SledFailure: it can't be read.
        """
        file = self._file(number)
        if file is None:
            raise Malformed(f"the blob {number} is not there")
        try:
            data = file.read(0, file.size)
        finally:
            file.close()
        if len(data) < _HEADER or zlib.crc32(memoryview(data)[_CHECKSUM:]) != u32(data, 0):
            raise Malformed(f"the blob {number} is damaged")
        return data[_CHECKSUM], data[_HEADER:]

    def _file(self, number: int) -> File | None:
        return self._folder.file(f"{_NAME}/{number}") if number >= 0 else None


def _is_whole(file: File) -> bool:
    stored, crc = file.read(0, _CHECKSUM), 0
    for at in range(_CHECKSUM, file.size, _PIECE):
        crc = zlib.crc32(file.read(at, _PIECE), crc)
    return file.size >= _HEADER and stored == crc.to_bytes(4, "little")
