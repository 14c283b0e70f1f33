"""Bounds-checked access to bytes that may lie about their own lengths."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator

from pictd.imaging.failures import Unreadable

Data = bytes | mmap.mmap
"""A file in memory, or mapped; a slice of either is bytes."""

Part = bytes | range
"""Of a file: bytes to write, or where in the file they are, for what is nearly all of it."""


def piece(data: Data, at: int, size: int) -> bytes:
    """``size`` bytes from ``at``.

    :raise Unreadable: they are not all there.
    """
    if at < 0 or size < 0 or at + size > len(data):
        raise Unreadable("the file is cut short, or a length in it is wrong")
    return data[at : at + size]


def numbers(layout: str, data: Data, at: int = 0) -> tuple[int, ...]:
    """Whole numbers laid out as ``struct`` says.

    :raise Unreadable: they are not all there.
    """
    return struct.unpack(layout, piece(data, at, struct.calcsize(layout)))


def joined(data: bytes, parts: Iterable[Part]) -> bytes:
    """The parts one after the other; the file itself, not a copy, where they are all of it."""
    pieces = list(_merged(parts))
    if are_all(data, pieces):
        return data
    whole = memoryview(data)
    return b"".join(whole[p.start : p.stop] if isinstance(p, range) else p for p in pieces)


def are_all(data: bytes, parts: Iterable[Part]) -> bool:
    """Whether the parts, one after the other, are the file itself; without making a copy of it."""
    at = 0
    for part in parts:
        if part.start != at if isinstance(part, range) else not data.startswith(part, at):
            return False
        at += len(part)
    return at == len(data)


def _merged(parts: Iterable[Part]) -> Iterator[Part]:
    """Neighbours in the file as one."""
    last: Part = b""
    for part in parts:
        if isinstance(part, range) and isinstance(last, range) and last.stop == part.start:
            last = range(last.start, part.stop)
        else:
            yield last
            last = part
    yield last
