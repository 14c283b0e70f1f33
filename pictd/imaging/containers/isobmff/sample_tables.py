"""Where the samples of a track are in its file (ISO/IEC 14496-12 §8.7)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pictd.imaging.containers.isobmff.boxes import Box, first, required
from pictd.imaging.containers.pieces import piece
from pictd.imaging.failures import Unreadable

Numbers = npt.NDArray[np.int64]
_MOST = 1 << 21
_LARGEST = 1 << 48


@attrs.frozen(eq=False)
class Samples:
    """Samples in their order, all of them inside the file; bytes from its beginning."""

    places: Numbers = attrs.field(repr=False)
    sizes: Numbers = attrs.field(repr=False)

    def __len__(self) -> int:
        return len(self.sizes)


def sample_places(tables: Sequence[Box], length: int) -> Samples:
    """What the boxes of a sample table say.

    :param length: of the file.
    :raise Unreadable: samples are missing, or not in the file.
    """
    sizes = _sizes(required(tables, b"stsz"), length)
    chunks = _chunk_places(tables)
    if not len(sizes):
        return Samples(sizes, sizes)
    per_chunk = _per_chunk(required(tables, b"stsc"), len(chunks))
    ends = np.minimum(np.cumsum(per_chunk), len(sizes))
    if not len(ends) or ends[-1] < len(sizes):
        raise _missing()
    counts = np.diff(ends, prepend=0)
    before = np.concatenate([[0], np.cumsum(sizes)])
    places = np.repeat(chunks - before[ends - counts], counts) + before[:-1]
    if (places + sizes).max() > length:
        raise _missing()
    return Samples(places, sizes)


def column(table: bytes, at: int, rows: int, width: int = 1, position: int = 0) -> Numbers:
    """One column of a table of 32-bit numbers that are not negative.

    :param at: where in the box the table begins.
    :param width: columns of the table.
    :raise Unreadable: the box is too short for it.
    """
    cells = np.frombuffer(piece(table, at, 4 * width * rows), ">u4")
    return cells[position::width].astype(np.int64)


def _sizes(stsz: Box, length: int) -> Numbers:
    size, count = stsz.fields("II")
    if count > _MOST:
        raise Unreadable("a track of the file has far too many samples")
    sizes = np.full(count, size) if size else column(stsz.body, 12, count)
    if sizes.sum() > length:
        raise _missing()
    return sizes


def _chunk_places(tables: Sequence[Box]) -> Numbers:
    short = first(tables, b"stco")
    table = short or required(tables, b"co64")
    (count,) = table.fields("I")
    if short:
        return column(table.body, 8, count)
    places = np.frombuffer(piece(table.body, 8, 8 * count), ">u8")
    if count and places.max() > _LARGEST:
        raise _missing()
    return places.astype(np.int64)


def _per_chunk(stsc: Box, chunks: int) -> Numbers:
    """Samples in each chunk; the table has a row where their number changes."""
    (rows,) = stsc.fields("I")
    firsts = np.minimum(column(stsc.body, 8, rows, 3), chunks + 1)
    runs = np.diff(firsts, append=chunks + 1)
    if not rows or firsts[0] != 1 or runs.min() < 0:
        raise _missing()
    return np.repeat(column(stsc.body, 8, rows, 3, 1), runs)


def _missing() -> Unreadable:
    return Unreadable("the file is broken, or cut short: samples of a track are missing")
