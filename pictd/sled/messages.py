"""The messages of the log (spec sled §5)."""

from __future__ import annotations

import zlib
from enum import IntEnum
from typing import NamedTuple

from pictd.sled.integers import varint

RED_ZONE = 32
"""Bytes at the end of a segment in which no message starts; no header of one is longer."""

_CHECKSUM = 4
_FLIPPED = 0xFFFFFFFF
_ONE_BYTE = 240  # the largest number that fits
_LAST_KIND = 11


class Kind(IntEnum):
    """What a message does; numbers are stored data. Of a ``BLOB``, the body is in a file."""

    CANCELLED = 1
    CAP = 2
    BATCH = 3
    FREE = 4
    COUNTER = 5
    META = 6
    META_BLOB = 7
    NODE = 8
    NODE_BLOB = 9
    LINK = 10
    LINK_BLOB = 11


BLOBS = frozenset((Kind.META_BLOB, Kind.NODE_BLOB, Kind.LINK_BLOB))
"""Kinds whose body is but the number of a file."""

NUMBERED = BLOBS | {Kind.BATCH}
"""Kinds whose body is one number of eight bytes."""


class Message(NamedTuple):
    """A message as it stands in a piece of the log.

    :ivar kind: of ``Kind``, as a bare number.
    :ivar segment: which one of the endless log it was written into.
    :ivar start: of its body.
    :ivar end: of its body, where the next message starts.
    """

    kind: int
    segment: int
    page: int
    start: int
    end: int


def header(data: bytes, at: int) -> Message | None:
    """What stands at ``at`` claims to be this; None: it can't be a message.

    :param data: with 32 bytes behind ``at``, whatever they are.
    """
    kind = data[at + 4]
    if not 0 < kind <= _LAST_KIND:
        return None
    size, segment, page = data[at + 5], data[at + 6], data[at + 7]
    if size <= _ONE_BYTE and segment <= _ONE_BYTE and page <= _ONE_BYTE:
        start = at + 8
    else:
        size, start = varint(data, at + 5)
        segment, start = varint(data, start)
        page, start = varint(data, start)
    return Message(kind, segment, page, start, start + size)


def read(data: bytes, view: memoryview, at: int, limit: int) -> Message | None:
    """The message at ``at``; None: there is none, or its checksum is wrong.

    :param data: with 32 bytes behind ``limit``, whatever they are.
    :param view: of ``data``.
    :param limit: where the body has to end.
    """
    message = header(data, at)
    if message is None or message.end > limit or not is_intact(view, at, message):
        return None
    return message


def is_intact(view: memoryview, at: int, message: Message) -> bool:
    """Whether the checksum is that of the body, and of the header behind it (spec sled §2)."""
    body = zlib.crc32(view[message.start : message.end])
    found = zlib.crc32(view[at + _CHECKSUM : message.start], body) ^ _FLIPPED
    return found == int.from_bytes(view[at : at + _CHECKSUM], "little")
