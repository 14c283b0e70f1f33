"""Where the boxes, chunks, segments and elements of a file are, and bytes to put there."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

Place = tuple[int, int]
"""Where a length stands, and its value."""

_HEADS = {b"meta": 4, b"iinf": 6, b"iref": 4, b"stsd": 8, b"dref": 8}
_PARENTS = {
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"iprp", b"ipco"),
    *_HEADS,
}


def put(data: bytes, at: int, piece: bytes) -> bytes:
    """The file with this in place of as many bytes."""
    return data[:at] + piece + data[at + len(piece) :]


def in_boxes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[Place]:
    """Lengths of the boxes of an MP4, AVIF, HEIC or JPEG XL, inner ones too."""
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        yield at, size
        if kind in _PARENTS:
            yield from in_boxes(data, at + 8 + _HEADS.get(kind, 0), at + size)
        at += max(size, 8)


def in_chunks(data: bytes) -> Iterator[Place]:
    """Lengths of the chunks of a PNG."""
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        yield at, size
        at += 12 + size


def in_riff(data: bytes) -> Iterator[Place]:
    """Lengths of the chunks of a WebP, and of the whole."""
    yield 4, len(data) - 8
    at = 12
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at + 4)
        yield at + 4, size
        at += 8 + size + (size & 1)


def in_segments(data: bytes) -> Iterator[Place]:
    """Lengths of the segments of a JPEG, up to the first scan."""
    at = 2
    while True:
        (size,) = struct.unpack_from(">H", data, at + 2)
        yield at + 2, size
        if data[at + 1] == 0xDA:
            return
        at += 2 + size


def in_elements(data: bytes, at: int = 0, end: int | None = None) -> Iterator[Place]:
    """Sizes of the elements of a Matroska file, inner ones too: eight bytes or one."""
    end = len(data) if end is None else end
    while at < end:
        kind = data[at : at + 9 - data[at].bit_length()]
        at += len(kind)
        width = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + width], "big") ^ 1 << 7 * width
        yield at, size
        at += width
        if kind in _MASTERS:
            yield from in_elements(data, at, at + size)
        at += size


_MASTERS = {
    bytes.fromhex(each)
    for each in ("1a45dfa3", "18538067", "1549a966", "1654ae6b", "ae", "e0", "1f43b675", "a0")
}


def checked(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
