"""Which way up a picture is meant to be seen, from EXIF and XMP."""

from __future__ import annotations

import re
import struct

_TAG = 0x0112
_SHORT = 3
_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([0-9]{1,9})(?![0-9])""")
_ENTRIES = 1000


def orientation(exif: bytes | None, xmp: bytes | None) -> int:
    """1 to 8 as EXIF has it; EXIF before XMP; values without meaning count as 1."""
    found = _meaningful(_from_exif(exif or b"")) or _meaningful(_from_xmp(xmp or b""))
    return found or 1


def _meaningful(value: int | None) -> int | None:
    return value if value is not None and 1 <= value <= 8 else None


def _from_exif(exif: bytes) -> int | None:
    """The tag in the first directory of a TIFF structure (TIFF 6.0 §2)."""
    data = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    try:
        return _from_tiff(data, order) if order else None
    except struct.error:
        return None


def _from_tiff(data: bytes, order: str) -> int | None:
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    for n in range(min(count, _ENTRIES)):
        entry = struct.unpack_from(order + "HHIH", data, start + 2 + 12 * n)
        if entry[:2] == (_TAG, _SHORT):
            return int(entry[3])
    return None


def _from_xmp(xmp: bytes) -> int | None:
    match = _XMP.search(xmp)
    return int(match[1]) if match else None
