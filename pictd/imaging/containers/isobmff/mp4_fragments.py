"""Samples of a film that was written in fragments, as recorders do (ISO/IEC 14496-12 §8.8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from pictd.imaging.containers.isobmff.boxes import Box, Span, boxes, required, spans
from pictd.imaging.containers.isobmff.mp4_tracks import header
from pictd.imaging.containers.isobmff.sample_tables import column
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable

_BASE, _DESCRIPTION, _DURATION, _SIZE = 0x1, 0x2, 0x8, 0x10
_FROM_FRAGMENT = 0x20000
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_COLUMNS = (0x100, 0x200, 0x400, 0x800)


@attrs.frozen
class _Head:
    """:ivar base: where in the file offsets count from.
    :ivar size: of samples that do not tell their own.
    """

    track: int
    base: int
    size: int


def fragment_samples(data: Data, defaults: Mapping[int, int]) -> Mapping[int, int]:
    """How many samples all fragments have, by track.

    :param defaults: the size of a sample that does not tell its own, by track.
    :raise Unreadable: broken, or samples are not in the file.
    """
    counts: Counter[int] = Counter()
    for span in spans(data):
        if span.end > len(data) and span.kind in (b"moof", b"mdat"):
            raise Unreadable("the film is cut short")
        if span.kind == b"moof":
            _count(data, span, defaults, counts)
    return counts


def _count(data: Data, moof: Span, defaults: Mapping[int, int], counts: Counter[int]) -> None:
    end = moof.start
    for traf in boxes(header(data, moof)):
        if traf.kind == b"traf":
            inner = boxes(traf.body)
            head = _head(required(inner, b"tfhd"), moof.start, end, defaults)
            end = _count_runs(inner, head, len(data), counts)


def _head(tfhd: Box, start: int, end: int, defaults: Mapping[int, int]) -> _Head:
    """:param start: of the fragment.
    :param end: of the data of the track before this one.
    """
    flags, track = tfhd.fields("II", 0)
    at = 8
    base = start if flags & _FROM_FRAGMENT else end
    if flags & _BASE:
        (base,) = tfhd.fields("Q", at)
        at += 8
    at += 4 * bool(flags & _DESCRIPTION) + 4 * bool(flags & _DURATION)
    size = tfhd.fields("I", at)[0] if flags & _SIZE else defaults.get(track, 0)
    return _Head(track, base, size)


def _count_runs(traf: Sequence[Box], head: _Head, length: int, counts: Counter[int]) -> int:
    """:return: where the data of the last run ends."""
    at = head.base
    for run in traf:
        if run.kind == b"trun":
            count, offset, size = _run(run, head.size)
            at = at if offset is None else head.base + offset
            if not 0 <= at <= at + size <= length or count > size:
                raise Unreadable("the film is broken, or cut short: samples are missing")
            counts[head.track] += count
            at += size
    return at


def _run(trun: Box, default: int) -> tuple[int, int | None, int]:
    """(samples, where they begin if that is told, bytes)."""
    flags, count = trun.fields("II", 0)
    offset = trun.fields("i", 8)[0] if flags & _OFFSET else None
    at = 8 + 4 * bool(flags & _OFFSET) + 4 * bool(flags & _FIRST_FLAGS)
    columns = [each for each in _COLUMNS if flags & each]
    if 0x200 not in columns:
        return count, offset, count * default
    sizes = column(trun.body, at, count, len(columns), columns.index(0x200))
    return count, offset, int(sizes.sum())
