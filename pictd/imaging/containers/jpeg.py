"""JPEG (ITU-T T.81 annex B): markers, and entropy-coded data between them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from pictd.imaging.containers.orientation import orientation
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Part, are_all, joined, numbers, piece
from pictd.imaging.containers.profiles import sound
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_ENTROPY = 0
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_KEPT = {_ENTROPY, _SOS, *_FRAMES, 0xC4, 0xCC, 0xDB, 0xDC, 0xDD}
_MISPLACED = {0x00, 0x01, _SOI, *range(0xD0, 0xD8)}
_FILL = re.compile(rb"\xff+")
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_JFIF = b"JFIF\0"
_PLAIN_JFIF = _JFIF + b"\1\1\0\0\1\0\1\0\0"
_ADOBE = b"Adobe"
_ICC = b"ICC_PROFILE\0"
_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_ICC_PIECE = 65519


def accepts(data: bytes) -> bool:
    """Whether the bytes begin as a JPEG does."""
    return data.startswith(b"\xff\xd8\xff")


def outline(data: bytes) -> Outline:
    """:raise Unreadable: there is no frame header, or it is broken."""
    head: list[tuple[int, Part]] = []
    for segment in _segments(data):
        if segment[0] == _SOS:
            return _outline(head)
        head.append(segment)
    raise Unreadable("the JPEG holds no picture")


def strip(data: bytes) -> bytes:
    """The compressed picture with its ICC profile and the marker that tells its colour model.

    Files that differ only in what is dropped become the same.

    :raise Unreadable: broken, or without an end.
    """
    return joined(data, _parts(data))


def is_clean(data: bytes) -> bool:
    """Whether ``strip`` would change nothing; without making a copy of it all.

    :raise Unreadable: broken, or without an end.
    """
    return are_all(data, _parts(data))


def _parts(data: bytes) -> list[Part]:
    """What remains, in its order."""
    segments = list(_segments(data))
    if not {_SOS} < {marker for marker, _ in segments}:
        raise Unreadable("the JPEG holds no picture")
    kept = [_kept(marker, body) for marker, body in segments if marker in _KEPT]
    return [b"\xff\xd8", *_preface(segments), *kept, b"\xff\xd9"]


def _kept(marker: int, body: Part) -> Part:
    return body if isinstance(body, range) else _segment(marker, body)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _segments(data: bytes) -> Iterator[tuple[int, Part]]:
    """(marker, content) up to the end of the picture; entropy-coded data has the marker 0."""
    at = 2
    while True:
        at, marker = _marker(data, at)
        if marker == _EOI:
            return
        (size,) = numbers(">H", data, at)
        yield marker, piece(data, at + 2, size - 2)
        at += size
        if marker == _SOS:
            end = _MARKER.search(data, at)
            if end is None:
                raise Unreadable("the JPEG is cut short")
            yield _ENTROPY, _without_fill(data, at, end.start())
            at = end.start()


def _without_fill(data: bytes, start: int, end: int) -> range:
    while data[end - 1] == 0xFF and end > start:
        end -= 1
    return range(start, end)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """(where its content begins, marker); fill bytes before it are passed over."""
    fill = _FILL.match(data, at)
    if fill is None:
        raise Unreadable("the JPEG is broken: a marker is missing")
    (marker,) = piece(data, fill.end(), 1)
    if marker in _MISPLACED:
        raise Unreadable("the JPEG is broken: a marker is out of place")
    return fill.end() + 1, marker


def _preface(segments: Sequence[tuple[int, Part]]) -> Iterator[bytes]:
    """The only application segments that remain, written anew."""
    if _starting(segments, _APP0, _JFIF):
        yield _segment(_APP0, _PLAIN_JFIF)
    profile = _profile(segments) or b""
    pieces = [profile[n : n + _ICC_PIECE] for n in range(0, len(profile), _ICC_PIECE)]
    for n, part in enumerate(pieces, 1):
        yield _segment(_APP2, _ICC + bytes([n, len(pieces)]) + part)
    for body in _starting(segments, _APP14, _ADOBE)[:1]:
        yield _segment(_APP14, _ADOBE + struct.pack(">HHH", 100, 0, 0) + piece(body, 11, 1))


def _starting(segments: Sequence[tuple[int, Part]], marker: int, prefix: bytes) -> list[bytes]:
    found = [body for kind, body in segments if kind == marker and isinstance(body, bytes)]
    return [body for body in found if body.startswith(prefix)]


def _profile(segments: Sequence[tuple[int, Part]]) -> bytes | None:
    """The profile, where all of its pieces are there (ICC.1 annex B.4)."""
    pieces = {}
    for body in _starting(segments, _APP2, _ICC):
        number, total = numbers(">BB", body, len(_ICC))
        pieces[number] = (total, body[len(_ICC) + 2 :])
    complete = [(len(pieces), n) for n in range(1, len(pieces) + 1)]
    if [(pieces[n][0], n) for n in sorted(pieces)] != complete:
        return None
    return sound(b"".join(pieces[n][1] for n in sorted(pieces)))


def _outline(head: Sequence[tuple[int, Part]]) -> Outline:
    frame = next((body for marker, body in head if marker in _FRAMES), None)
    if not isinstance(frame, bytes):
        raise Unreadable("the JPEG holds no picture")
    height, width = numbers(">xHH", frame)
    exif = _starting(head, _APP1, _EXIF)
    xmp = _starting(head, _APP1, _XMP)
    turned = orientation(exif[0] if exif else None, xmp[0] if xmp else None)
    return Outline(Format.IMAGE_JPEG, width, height, orientation=turned, profile=_profile(head))
