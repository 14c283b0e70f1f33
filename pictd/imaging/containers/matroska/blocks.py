"""Blocks of a Matroska file (RFC 9559 §10): which track they are of, and the frames in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise

from pictd.imaging.containers.matroska.ebml import Element, Reader, coded
from pictd.imaging.containers.matroska.kinds import Kind
from pictd.imaging.containers.pieces import Data, numbers
from pictd.imaging.failures import Unreadable

_CLUSTER, _SIMPLE_BLOCK, _BLOCK_GROUP = Kind.CLUSTER, Kind.SIMPLE_BLOCK, Kind.BLOCK_GROUP
_NEXT_FILE = {Kind.EBML, Kind.SEGMENT}
_TIME_AND_FLAGS = 3
_XIPH, _FIXED = 1, 2


def parts(reader: Reader, segment: Element, into_clusters: bool) -> Iterator[Element]:
    """The elements of the Segment that are there whole: a file may have been cut.

    :param into_clusters: instead of Clusters give what is in them; it is given anyhow from those
        that do not tell their size, as a recorder writes them that does not know when it stops.
    :raise Unreadable: broken.
    """
    at, limit, there = segment.at, segment.end, len(reader.data)
    end = min(segment.end, there)
    while at < end and not reader.is_cut(at):
        limit = segment.end if at >= limit else limit
        each = reader.element(at, limit)
        if each.kind in _NEXT_FILE:
            return
        opened = each.kind == _CLUSTER and (into_clusters or not each.sized)
        at = each.at if opened else each.end
        if opened:
            limit = each.end if each.sized else segment.end
        elif not each.sized:
            raise Unreadable("the file is broken: a part does not tell its size")
        elif each.end <= there:
            yield each


def blocks(reader: Reader, segment: Element) -> Iterator[Element]:
    """The blocks of all tracks."""
    for each in parts(reader, segment, into_clusters=True):
        if each.kind == _SIMPLE_BLOCK:
            yield each
        elif each.kind == _BLOCK_GROUP:
            yield from (child for child in reader.children(each) if child.kind == Kind.BLOCK)


def track_of(data: Data, block: Element) -> tuple[int, int]:
    """The number of the block's track, and where the number ends."""
    number, at = coded(data, block.at, 8)
    if at + _TIME_AND_FLAGS > block.end:
        raise Unreadable("the file is broken: a block is too short")
    return number, at


def frames_of(reader: Reader, block: Element, at: int) -> list[tuple[int, int]]:
    """Where the frames of the block begin and end.

    :param at: where the number of the block's track ends.
    :raise Unreadable: they do not fill the block.
    """
    data, at = reader.data, at + _TIME_AND_FLAGS
    lacing = data[at - 1] >> 1 & 3
    if not lacing:
        return [(at, block.end)]
    count = numbers("B", data, at)[0] + 1
    reader.spend(count)
    sizes, at = _sizes(data, at + 1, count, lacing, block.end)
    sizes.append(block.end - at - sum(sizes))
    if min(sizes) < 0:
        raise Unreadable("the file is broken: the frames of a block do not fill it")
    return list(pairwise(accumulate(sizes, initial=at)))


def _sizes(data: Data, at: int, count: int, lacing: int, end: int) -> tuple[list[int], int]:
    """Of all frames but the last, whose size is what is left; and where the first begins."""
    if lacing == _FIXED:
        size, rest = divmod(end - at, count)
        if rest:
            raise Unreadable("the file is broken: the frames of a block do not fill it")
        return [size] * (count - 1), at
    if lacing == _XIPH:
        return _xiph_sizes(data, at, count - 1)
    return _ebml_sizes(data, at, count - 1)


def _xiph_sizes(data: Data, at: int, count: int) -> tuple[list[int], int]:
    """Sums of bytes; one below 255 ends a sum."""
    sizes = [0] * count
    for index in range(count):
        value = 255
        while value == 255:
            (value,), at = numbers("B", data, at), at + 1
            sizes[index] += value
    return sizes, at


def _ebml_sizes(data: Data, at: int, count: int) -> tuple[list[int], int]:
    """The first as it is; of the others how much they are more than the one before."""
    sizes: list[int] = []
    for _ in range(count):
        before = at
        value, at = coded(data, at, 8)
        nothing = (1 << 7 * (at - before) - 1) - 1
        sizes.append(sizes[-1] + value - nothing if sizes else value)
    return sizes, at
