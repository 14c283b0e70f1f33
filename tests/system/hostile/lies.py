"""Headers that tell of more, or of less, than there is."""

from __future__ import annotations

import itertools
import random
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from tests.support.samples import box
from tests.system.hostile.good import Named
from tests.system.hostile.pieces import (
    Place,
    in_boxes,
    in_chunks,
    in_elements,
    in_riff,
    in_segments,
    put,
)

_SIDES = ((0, 0), (0, 50), (1, 1), (60, 44), (61, 45), (600, 450), (16383, 16383), (65535, 65535))
_COUNTS = (0, 2**24, 2**31 - 1, 2**32 - 1)
_MOST = 18
"""Lies of one kind in one file."""
_P = TypeVar("_P")
_COUNTED = {
    **dict.fromkeys((b"stts", b"stco", b"stsc", b"ctts", b"stss", b"elst", b"stsd", b"dref"), 8),
    **dict.fromkeys((b"iinf", b"iloc", b"ipma", b"pitm"), 8),
    b"stsz": 12,
    b"mdhd": 16,
    b"tkhd": 16,
}
"""Where a box has the number of its rows, or the number by which others find it."""


def lying(good: Mapping[str, bytes]) -> Iterator[Named]:
    """Sizes of pictures, lengths of parts, numbers of rows."""
    for name, data in good.items():
        for width, height in _SIDES:
            made = resized(name, data, width, height)
            if made is not None:
                yield f"{name} says {width}x{height}", made
        yield from _lengths(name, data)
        yield from _counts(name, data)
    yield "avif with a box of 2^63 bytes", _huge(b"avif", b"meta")
    yield "mp4 with a box of 2^63 bytes", _huge(b"isom", b"moov")
    yield "webp that is longer than it says", put(good["still.webp"], 4, struct.pack("<I", 12))
    yield "apng that says 2^31 frames", apng_counting(good["animation.apng"], 2**31 - 1)
    yield "png with a wrong check sum", put(good["still.png"], 29, b"\0\0\0\0")


def _some(name: str, places: Iterable[_P]) -> Sequence[_P]:
    """The same in every run."""
    found = list(places)
    return random.Random(name).sample(found, min(len(found), _MOST))


# Sizes of pictures


def resized(name: str, data: bytes, width: int, height: int) -> bytes | None:
    """The file with another size in its headers; None where they are not made of whole bytes."""
    sized = _SIZED.get(name.rpartition(".")[2])
    return sized and sized(data, width, height)


def png_sized(data: bytes, width: int, height: int) -> bytes:
    """The PNG with another size in its header, and a right check sum."""
    header = struct.pack(">II", width, height) + data[24:29]
    return put(data, 16, header + struct.pack(">I", zlib.crc32(b"IHDR" + header)))


def jpeg_sized(data: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header."""
    return put(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def gif_sized(data: bytes, width: int, height: int) -> bytes:
    """The GIF with another canvas."""
    return put(data, 6, struct.pack("<HH", width, height))


def webp_sized(data: bytes, width: int, height: int) -> bytes:
    """The WebP with another canvas, or another size of its bitstream."""
    if data[12:16] == b"VP8X":
        sides = (struct.pack("<I", max(side - 1, 0))[:3] for side in (width, height))
        return put(data, 24, b"".join(sides))
    return put(data, 26, struct.pack("<HH", width & 0x3FFF, height & 0x3FFF))


def boxes_sized(data: bytes, width: int, height: int) -> bytes:
    """The AVIF, HEIC or MP4 with another size in every ``ispe``, track and sample entry."""
    wide, narrow = (
        struct.pack(">II", width, height),
        struct.pack(">HH", width & 0xFFFF, height & 0xFFFF),
    )
    fixed = struct.pack(">II", width << 16 & 0xFFFFFFFF, height << 16 & 0xFFFFFFFF)
    for kind, after, sides in (
        (b"ispe", 8, wide),
        (b"tkhd", 80, fixed),
        *((kind, 28, narrow) for kind in (b"avc1", b"hvc1", b"hev1", b"av01")),
    ):
        for at in _found(data, kind):
            data = put(data, at + after, sides)
    return data


def elements_sized(data: bytes, width: int, height: int) -> bytes:
    """The Matroska file with another size of its picture, as far as it fits in one byte each."""
    at = data.index(b"\xb0\x81\x20\xba\x81\x10")
    return put(data, at + 2, bytes([width & 0xFF, 0xBA, 0x81, height & 0xFF]))


_SIZED: Mapping[str, Callable[[bytes, int, int], bytes]] = {
    "png": png_sized,
    "apng": png_sized,
    "jpeg": jpeg_sized,
    "gif": gif_sized,
    "webp": webp_sized,
    **dict.fromkeys(("avif", "heic", "mp4", "mov"), boxes_sized),
    **dict.fromkeys(("webm", "matroska"), elements_sized),
}


# Lengths of parts


def _lengths(name: str, data: bytes) -> Iterator[Named]:
    """Some parts, with one lie after the other."""
    kind = name.rpartition(".")[2]
    if kind not in _PARTS or name == "still.jxl":
        return
    found, form = _PARTS[kind]
    width = struct.calcsize(form)
    for number, (at, size) in enumerate(_some(name, found(data))):
        most = 256**width - 1
        lie = (0, size + 1, 1, most, 7, max(size - 1, 0), most >> 1)[number % 7]
        yield f"{name} with {lie} bytes at {at}", put(data, at, struct.pack(form, min(lie, most)))


_PARTS: Mapping[str, tuple[Callable[[bytes], Iterator[Place]], str]] = {
    **dict.fromkeys(("avif", "heic", "jxl", "mp4", "mov"), (in_boxes, ">I")),
    **dict.fromkeys(("png", "apng"), (in_chunks, ">I")),
    **dict.fromkeys(("webm", "matroska"), (in_elements, ">B")),
    "webp": (in_riff, "<I"),
    "jpeg": (in_segments, ">H"),
}


def _huge(brand: bytes, kind: bytes) -> bytes:
    return box(b"ftyp", brand) + struct.pack(">I4sQ", 1, kind, 2**63)


# Numbers of rows


def _counts(name: str, data: bytes) -> Iterator[Named]:
    """Some tables, with one lie after the other."""
    if name.rpartition(".")[2] not in ("avif", "heic", "mp4", "mov"):
        return
    lies = itertools.cycle(_COUNTS)
    tables = ((at + after, kind) for kind, after in _COUNTED.items() for at in _found(data, kind))
    for at, kind in _some(name, tables):
        made = put(data, at, struct.pack(">I", count := next(lies)))
        yield f"{name} with {count} in {kind.decode()} at {at}", made


def apng_counting(data: bytes, count: int) -> bytes:
    """The APNG with another number of frames, and a right check sum."""
    at = data.index(b"acTL") + 4
    body = struct.pack(">II", count, 0)
    return put(data, at, body + struct.pack(">I", zlib.crc32(b"acTL" + body)))


def _found(data: bytes, kind: bytes) -> Iterator[int]:
    at = data.find(kind)
    while at >= 0:
        yield at
        at = data.find(kind, at + 4)
