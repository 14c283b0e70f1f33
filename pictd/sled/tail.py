"""Finds where the log ends, and tells a torn end from a break (spec sled §9, §10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from pictd.sled.blobs import Judge
from pictd.sled.messages import RED_ZONE
from pictd.sled.segments import HEADER, Log, Segment, Stretch
from pictd.sled.walking import behind, claim, extent, messages, resumption

Segments = Mapping[int, Segment]
"""Those that count, by their position in the log."""


@attrs.frozen
class Tail:
    """The end of the log as sled itself would find it.

    :ivar end: position behind the last good message.
    :ivar torn: whether the beginning of another message stands there.
    :ivar beyond: position behind the last good message of all; ``end``, if none comes after it.
    """

    end: int
    torn: bool
    beyond: int


def find(log: Log, segments: Segments, start: int, judge: Judge) -> Tail:
    """Read on from the segment at ``start`` for as long as segments and messages are good.

    :param start: of the first segment that is not known to be on disk as a whole.
    """
    lsn, end, torn = start, start, False
    while (segment := segments.get(lsn)) is not None:
        stretch = log.load(segment)
        offset, finished = extent(stretch, judge)
        end = lsn + offset
        if not finished:
            torn = _is_torn(stretch, offset)
            break
        lsn += log.size
    later = (segments[each] for each in sorted(segments, reverse=True) if each >= lsn)
    return Tail(end, torn, max(end, _last(log, later, judge)))


def _is_torn(stretch: Stretch, at: int) -> bool:
    """Whether the beginning of a message stands there; behind it may lie what is left of an earlier
    life of the segment."""
    rest = stretch.limit - at
    if rest >= RED_ZONE:
        return claim(stretch, at) is not None
    return any(stretch.data[at : stretch.limit])


def _last(log: Log, segments: Iterable[Segment], judge: Judge) -> int:
    """Position behind the last good message, whatever lies before it; 0: there is none.

    :param segments: the last of the log first.
    """
    for segment in segments:
        end = _last_end(log.load(segment), judge)
        if end:
            return segment.lsn + end
    return 0


def _last_end(stretch: Stretch, judge: Judge) -> int:
    """The same within a segment."""
    at: int | None = HEADER
    end = 0
    while at is not None and at <= stretch.last:
        for _, message in messages(stretch, judge, at):
            at, end = behind(stretch, message), message.end
        at = resumption(stretch, at)
    return end
