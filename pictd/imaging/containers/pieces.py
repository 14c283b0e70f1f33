"""Bounds-checked access to bytes that may lie about their own lengths."""

from __future__ import annotations

import mmap
import struct

from pictd.imaging.failures import Unreadable

Data = bytes | mmap.mmap
"""A file in memory, or mapped; a slice of either is bytes."""


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
