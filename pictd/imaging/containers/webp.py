"""WebP (RFC 9649): RIFF chunks."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import attrs

from pictd.imaging.containers.orientation import orientation
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import numbers, piece
from pictd.imaging.containers.profiles import sound
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

_ANIMATED, _ALPHA, _PROFILE = 0x02, 0x10, 0x20
_PICTURE = (b"ALPH", b"VP8 ", b"VP8L")
_FRAME_HEADER = 16

Chunk = tuple[bytes, bytes]


@attrs.frozen
class _Parts:
    """The chunks that count.

    :ivar frames: contents of ``ANMF``; of a still, none.
    :ivar still: the chunks of a still picture.
    :ivar motion: content of ``ANIM``; None for a still.
    """

    width: int
    height: int
    alpha: bool
    profile: bytes | None
    motion: bytes | None
    frames: Sequence[bytes]
    still: Sequence[Chunk]


def accepts(data: bytes) -> bool:
    """Whether the bytes begin as a WebP does."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def outline(data: bytes) -> Outline:
    """:raise Unreadable: broken, or cut short."""
    chunks = list(_file(data))
    parts = _parts(chunks)
    size = parts.width, parts.height
    if len(parts.frames) > 1:
        (plays,) = numbers("<H", parts.motion or b"", 4)
        form, frames = Format.ANIMATION_WEBP, len(parts.frames)
        return Outline(form, *size, frames=frames, plays=plays, profile=parts.profile)
    kinds = dict(reversed(chunks))
    turned = orientation(kinds.get(b"EXIF"), kinds.get(b"XMP "))
    return Outline(Format.IMAGE_WEBP, *size, orientation=turned, profile=parts.profile)


def strip(data: bytes) -> bytes:
    """The compressed pictures with their ICC profile, in the simplest form that holds them.

    :raise Unreadable: broken, or cut short.
    """
    parts = _parts(list(_file(data)))
    chunks = [] if _is_simple(parts) else [(b"VP8X", _extension(parts))]
    if parts.profile is not None:
        chunks.append((b"ICCP", parts.profile))
    if parts.motion is not None:
        chunks.append((b"ANIM", parts.motion))
    chunks += [(b"ANMF", _clean_frame(frame)) for frame in parts.frames]
    body = b"WEBP" + b"".join(_chunk(*each) for each in [*chunks, *parts.still])
    return _chunk(b"RIFF", body)


def _is_simple(parts: _Parts) -> bool:
    return parts.profile is None and parts.motion is None and len(parts.still) == 1


def _extension(parts: _Parts) -> bytes:
    flags = _PROFILE if parts.profile is not None else 0
    flags |= _ALPHA if parts.alpha else 0
    flags |= _ANIMATED if parts.motion is not None else 0
    sides = [(side - 1).to_bytes(3, "little") for side in (parts.width, parts.height)]
    return bytes([flags, 0, 0, 0]) + b"".join(sides)


def _clean_frame(frame: bytes) -> bytes:
    chunks = _picture(_chunks(frame, _FRAME_HEADER, len(frame)))
    return frame[:_FRAME_HEADER] + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) & 1)


def _file(data: bytes) -> Iterator[Chunk]:
    (size,) = numbers("<I", data, 4)
    piece(data, 8, size)
    return _chunks(data, 12, 8 + size)


def _chunks(data: bytes, at: int, end: int) -> Iterator[Chunk]:
    while at + 8 <= end:
        kind, (size,) = data[at : at + 4], numbers("<I", data, at + 4)
        if at + 8 + size > end:
            raise Unreadable("the WebP is cut short, or a length in it is wrong")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


def _picture(chunks: Iterator[Chunk] | Sequence[Chunk]) -> list[Chunk]:
    """Alpha, if any, and the one picture."""
    found = [each for each in chunks if each[0] in _PICTURE]
    shapes = ([b"VP8 "], [b"VP8L"], [b"ALPH", b"VP8 "])
    if [kind for kind, _ in found] not in shapes:
        raise Unreadable("the WebP is broken: not exactly one picture where one belongs")
    return found


def _parts(chunks: Sequence[Chunk]) -> _Parts:
    if not chunks or chunks[0][0] not in (b"VP8X", *_PICTURE):
        raise Unreadable("the WebP is broken: it does not begin with a picture")
    kinds = dict(reversed(chunks))
    extension = kinds.get(b"VP8X") if chunks[0][0] == b"VP8X" else None
    flags = piece(extension, 0, 10)[0] if extension is not None else 0
    profile = sound(kinds[b"ICCP"]) if extension and b"ICCP" in kinds else None
    if extension is None or not flags & _ANIMATED:
        return _still_parts(chunks, extension, profile)
    motion = piece(kinds.get(b"ANIM", b""), 0, 6)
    frames = [piece(body, 0, len(body)) for kind, body in chunks if kind == b"ANMF"]
    if not frames or any(len(frame) < _FRAME_HEADER for frame in frames):
        raise Unreadable("the WebP is broken: an animation without frames")
    width, height = _canvas(extension)
    return _Parts(width, height, bool(flags & _ALPHA), profile, motion, frames, ())


def _still_parts(chunks: Sequence[Chunk], extension: bytes | None, profile: bytes | None) -> _Parts:
    still = _picture(chunks)
    width, height, alpha = _dimensions(*still[-1])
    if extension is not None and _canvas(extension) != (width, height):
        raise Unreadable("the WebP is broken: its canvas is not its picture's size")
    return _Parts(width, height, alpha or len(still) > 1, profile, None, (), still)


def _canvas(extension: bytes) -> tuple[int, int]:
    width, height = (int.from_bytes(extension[n : n + 3], "little") + 1 for n in (4, 7))
    return width, height


def _dimensions(kind: bytes, body: bytes) -> tuple[int, int, bool]:
    """(width, height, alpha) of a compressed picture."""
    if kind == b"VP8L":
        signature, bits = numbers("<BI", body)
        if signature != 0x2F:
            raise Unreadable("the WebP is broken: no lossless picture where one belongs")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if piece(body, 3, 3) != b"\x9d\x01\x2a":
        raise Unreadable("the WebP is broken: no picture where one belongs")
    width, height = numbers("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF, False
