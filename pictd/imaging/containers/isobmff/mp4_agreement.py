"""Whether the tables of a track speak of its samples, and of no others.

A row that is about no sample could hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pictd.imaging.containers.isobmff.boxes import Box, first
from pictd.imaging.containers.isobmff.sample_tables import Numbers, column


def agree(tables: Sequence[Box], samples: int) -> bool:
    """:param tables: of one track, each as long as the number of its rows says.
    :raise Unreadable: a table is cut short.
    """
    return all(check(tables, each, samples) for each in tables if (check := _CHECKS.get(each.kind)))


def _rows(table: Box, width: int, at: int = 4) -> Sequence[Numbers]:
    """The columns of a table that begins with the number of its rows."""
    (count,) = table.fields("I", at)
    return [column(table.body, at + 4, count, width, n) for n in range(width)]


def _adds_up(counts: Numbers, total: int) -> bool:
    return bool((counts > 0).all()) and int(counts.sum()) == total


def _ascends(values: Numbers, limit: int) -> bool:
    """Whether these are numbers from one up to a limit, each larger than the one before it."""
    return bool((np.diff(values, prepend=0) > 0).all()) and (values <= limit).all().item()


def _runs(_: Sequence[Box], table: Box, samples: int) -> bool:
    """Times: (samples, time) in each row."""
    return _adds_up(_rows(table, 2)[0], samples)


def _key_frames(_: Sequence[Box], table: Box, samples: int) -> bool:
    return _ascends(_rows(table, 1)[0], samples)


def _chunks(tables: Sequence[Box], table: Box, samples: int) -> bool:
    """(first chunk, samples in each from there on, sample entry) in each row."""
    places = first(tables, b"stco") or first(tables, b"co64")
    chunks = places.fields("I")[0] if places else 0
    firsts, counts, entries = _rows(table, 3)
    lengths = np.diff(firsts, append=chunks + 1)
    sound = _ascends(firsts, chunks) and bool((entries == 1).all())
    return sound and bool((counts > 0).all()) and int((counts * lengths).sum()) == samples


def _one_place_table(tables: Sequence[Box], _: Box, __: int) -> bool:
    return (first(tables, b"stco") is None) != (first(tables, b"co64") is None)


def _dependencies(_: Sequence[Box], table: Box, samples: int) -> bool:
    return len(table.body) == 4 + samples


def _one_group(_: Sequence[Box], table: Box, __: int) -> bool:
    return table.fields("I", 12) == (1,)


def _groups(_: Sequence[Box], table: Box, samples: int) -> bool:
    """(samples, number of their group or 0) in each row."""
    counts, numbers = _rows(table, 2, 8)
    return _adds_up(counts, samples) and (numbers <= 1).all().item()


_CHECKS: Mapping[bytes, Callable[[Sequence[Box], Box, int], bool]] = {
    b"stts": _runs,
    b"ctts": _runs,
    b"stss": _key_frames,
    b"stsc": _chunks,
    b"stco": _one_place_table,
    b"co64": _one_place_table,
    b"sdtp": _dependencies,
    b"sgpd": _one_group,
    b"sbgp": _groups,
}
