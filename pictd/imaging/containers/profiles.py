"""ICC profiles as containers carry them."""

from __future__ import annotations

import struct
import zlib

LARGEST = 4 << 20
"""Bytes; profiles of printers reach two million."""

_HEADER = 128


def sound(profile: bytes) -> bytes | None:
    """The profile without what follows its declared end; None where it is none (ICC.1 §7.2)."""
    if not _HEADER < len(profile) <= LARGEST or profile[36:40] != b"acsp":
        return None
    size: int = struct.unpack(">I", profile[:4])[0]
    return profile[:size] if _HEADER < size <= len(profile) else None


def inflated(data: bytes) -> bytes | None:
    """The profile inside a zlib stream; None where there is none, or one too large."""
    try:
        return sound(zlib.decompressobj().decompress(data, LARGEST + 1))
    except zlib.error:
        return None


def space(profile: bytes) -> str:
    """The colour space that the profile is for: ``RGB``, ``GRAY``, ``CMYK`` or another."""
    return profile[16:20].decode("latin-1").strip()
