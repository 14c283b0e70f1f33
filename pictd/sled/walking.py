"""From message to message through a segment, and on behind a place that can't be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pictd.sled.blobs import Condition, Judge
from pictd.sled.failures import Malformed
from pictd.sled.integers import encoded, i64
from pictd.sled.messages import NUMBERED, Kind, Message, header, is_intact, read
from pictd.sled.segments import HEADER, Stretch

_EFFORT = 64
"""A search checksums at most so many times the segment's bytes: they may be made to mislead it."""

_ANY = re.compile(rb"(?=[\x01-\x0b])")
_KIND_AND_SIZE = rb"[\x01-\x0b](?:[\x00-\xf0]|[\xf1-\xf8].|\xf9..|\xfa...)"
_KIND_AT = 4  # within a message
_NUMBER = 8  # bytes


def good(stretch: Stretch, at: int) -> Message | None:
    """The message at ``at``, if it was written into this segment in its present life."""
    message = read(stretch.data, stretch.view, at, stretch.limit)
    return message if message is not None and message.segment == stretch.number else None


def messages(stretch: Stretch, judge: Judge, at: int = HEADER) -> Iterator[tuple[int, Message]]:
    """The messages from offset ``at`` on and where each starts, up to the first that is bad."""
    data, view, limit, last = stretch.data, stretch.view, stretch.limit, stretch.last
    while at <= last:
        message = read(data, view, at, limit)
        if message is None or message.segment != stretch.number:
            return
        if message.kind in NUMBERED and not _is_sound(data, message, judge):
            return
        yield at, message
        at = behind(stretch, message)


def behind(stretch: Stretch, message: Message) -> int:
    """Where the next message may start: nothing follows a cap."""
    return stretch.last + 1 if message.kind == Kind.CAP else message.end


def _is_sound(data: bytes, message: Message, judge: Judge) -> bool:
    """Whether its body is a number, and that of a blob which is not damaged, if it is a blob's."""
    if message.end - message.start != _NUMBER:
        return False
    if message.kind == Kind.BATCH:
        return True
    return judge(i64(data, message.start)) is not Condition.DAMAGED


def extent(stretch: Stretch, judge: Judge) -> tuple[int, bool]:
    """Where the good messages of a segment end, a cap not counted, and whether that is also where
    the segment does."""
    end = HEADER
    for at, message in messages(stretch, judge):
        if message.kind == Kind.CAP:
            return at, True
        end = message.end
    return end, end > stretch.last


def resumption(stretch: Stretch, at: int) -> int | None:
    """Where messages go on behind the bad one at ``at``; None: nowhere in this segment.

    :return: its end as it claims, if that can be true, or the next good message at any place.
    """
    claimed = claim(stretch, at)
    if claimed is not None and claimed.end <= stretch.limit and _goes_on(stretch, claimed.end):
        return claimed.end
    return next(search(stretch, at + 1), None)


def claim(stretch: Stretch, at: int) -> Message | None:
    """What a bad message says of itself; None: not even that it is one of this segment."""
    claimed = header(stretch.data, at)
    return claimed if claimed is not None and claimed.segment == stretch.number else None


def named(stretch: Stretch, at: int, end: int) -> Message | None:
    """The bad message that lies between these offsets, as far as it says what it is; None: that is
    not sure, as where its header is damaged."""
    claimed = claim(stretch, at)
    if claimed is None or claimed.end != end or _lies(stretch, at, claimed):
        return None
    return claimed


def _lies(stretch: Stretch, at: int, claimed: Message) -> bool:
    """Whether a bit of the kind, or of the page's number, is what is wrong with the message."""
    data = bytearray(stretch.data[at : claimed.end])
    start = claimed.start - at
    moved = claimed._replace(start=start, end=len(data))
    for byte in (_KIND_AT, *range(start - len(encoded(claimed.page)), start)):
        for bit in range(8):
            data[byte] ^= 1 << bit
            if is_intact(memoryview(data), 0, moved):
                return True
            data[byte] ^= 1 << bit
    return False


def _goes_on(stretch: Stretch, at: int) -> bool:
    return at > stretch.last or good(stretch, at) is not None


def search(stretch: Stretch, at: int) -> Iterator[int]:
    """Where good messages of this segment start, of all offsets from ``at`` on."""
    pattern = re.compile(
        b"(?=" + _KIND_AND_SIZE + re.escape(encoded(stretch.number)) + b")", re.DOTALL
    )
    for offset, message in _found(stretch, pattern, at):
        if message.segment == stretch.number:
            yield offset


def numbers(stretch: Stretch) -> Iterator[int]:
    """Of the segment that the messages were written into, where its header does not tell."""
    for _, message in _found(stretch, _ANY, HEADER):
        yield message.segment


def _found(stretch: Stretch, pattern: re.Pattern[bytes], at: int) -> Iterator[tuple[int, Message]]:
    effort = _EFFORT * len(stretch.data)
    for match in pattern.finditer(stretch.data, at + _KIND_AT):
        offset = match.start() - _KIND_AT
        try:
            claimed = header(stretch.data, offset) if offset <= stretch.last else None
        except Malformed:
            continue
        if claimed is None or claimed.end > stretch.limit:
            continue
        effort -= claimed.end - offset
        if effort < 0:
            return
        message = read(stretch.data, stretch.view, offset, stretch.limit)
        if message is not None:
            yield offset, message
