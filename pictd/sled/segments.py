"""The segments of the log: where each lies in the file, and which part of the log it holds
(spec sled §4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import Struct

import attrs

from pictd.sled.failures import Malformed
from pictd.sled.files import File
from pictd.sled.messages import RED_ZONE

HEADER = 20
"""Bytes of a segment's header; its messages start behind them."""

_LAYOUT = Struct("<Iqq")
_CHECKSUM = 4
_FLIPPED = 0xFFFFFFFF
_MASK = 0x7FFFFFFFFFFFFFFF


@attrs.frozen
class Segment:
    """A segment that is in use, or was.

    :ivar lsn: position of its first byte in the endless log.
    :ivar place: of its first byte in the file.
    :ivar stable: the last position that was known to be on disk when it was begun.
    """

    lsn: int
    place: int
    stable: int


@attrs.frozen
class Slot:
    """Room for a segment in the file.

    :ivar place: of its first byte in the file.
    :ivar blank: whether its header is nothing but zeros.
    """

    place: int
    blank: bool


@attrs.frozen
class Stretch:
    """The bytes of one segment.

    :ivar data: what the file holds of it, and 32 zeros.
    :ivar limit: where messages have to end: the segment's size, or the end of the file.
    :ivar last: the last offset at which a message may start, even if the file ends before it.
    """

    segment: Segment
    number: int
    data: bytes
    view: memoryview
    limit: int
    last: int

    @property
    def lsn(self) -> int:
        """Position of the first byte in the endless log."""
        return self.segment.lsn


@attrs.frozen
class Log:
    """The file ``db``, whose segments are all of one size in bytes."""

    file: File
    size: int

    def slots(self) -> Iterator[Segment | Slot]:
        """Every segment in the order of the file; without a good header it is only room."""
        for place in range(0, self.file.size - HEADER + 1, self.size):
            data = self.file.read(place, HEADER)
            try:
                yield _parsed(data, place, self.size)
            except Malformed:
                yield Slot(place, not any(data))

    def load(self, segment: Segment) -> Stretch:
        """:raise DatabaseUnreadable: the disk fails."""
        found = self.file.read(segment.place, self.size)
        data = found + bytes(RED_ZONE)
        number, last = segment.lsn // self.size, self.size - RED_ZONE
        return Stretch(segment, number, data, memoryview(data), len(found), last)


def _parsed(data: bytes, place: int, size: int) -> Segment:
    """:raise Malformed: not a header, or one of no possible position."""
    if len(data) < HEADER:
        raise Malformed("a header is cut short")
    stored, lsn, stable = _LAYOUT.unpack(data)
    if zlib.crc32(data[_CHECKSUM:]) ^ _FLIPPED != stored:
        raise Malformed("a header's checksum is wrong")
    lsn ^= _MASK
    if lsn < 0 or lsn % size:
        raise Malformed("a header's position is impossible")
    return Segment(lsn, place, stable ^ _MASK)
