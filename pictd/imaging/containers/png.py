"""PNG and APNG (W3C PNG, third edition): chunks with checksums."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Sequence

from pictd.imaging.containers.orientation import orientation
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Part, are_all, joined, numbers, piece
from pictd.imaging.containers.profiles import LARGEST, inflated
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

Chunk = tuple[bytes, bytes]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIZES = {
    b"IHDR": range(13, 14),
    b"PLTE": range(3, 769),
    b"tRNS": range(1, 257),
    b"bKGD": range(1, 7),
    b"sBIT": range(1, 5),
    b"sRGB": range(1, 2),
    b"gAMA": range(4, 5),
    b"cHRM": range(32, 33),
    b"cICP": range(4, 5),
    b"acTL": range(8, 9),
    b"fcTL": range(26, 27),
    b"fdAT": range(4, 1 << 31),
    b"IDAT": range(1 << 31),
    b"IEND": range(1),
}
_PICTURES = (b"IDAT", b"fdAT")
_MOTION = (b"acTL", b"fcTL", b"fdAT")
_NAME = re.compile(rb"[A-Za-z]{4}")
_XMP = b"XML:com.adobe.xmp\0"
_RAW_EXIF = (b"Raw profile type exif\0", b"Raw profile type APP1\0")


def accepts(data: bytes) -> bool:
    """Whether the bytes begin as a PNG does."""
    return data.startswith(SIGNATURE)


def outline(data: bytes) -> Outline:
    """:raise Unreadable: broken, or without an end."""
    found = _described(data)
    width, height = numbers(">II", found[0][1])
    animation = _animation(found)
    profile = next((inflated(_deflated(body)) for kind, body in found if kind == b"iCCP"), None)
    if animation is None:
        turned = orientation(_exif(found), _xmp(found))
        return Outline(Format.IMAGE_PNG, width, height, orientation=turned, profile=profile)
    frames, plays = animation
    several = frames if frames > 1 else None
    return Outline(Format.ANIMATION_APNG, width, height, several, plays=plays, profile=profile)


def strip(data: bytes) -> bytes:
    """The chunks that make the picture, its colours and its motion, and none other.

    :raise Unreadable: broken, or without an end.
    """
    return joined(data, _parts(data))


def is_clean(data: bytes) -> bool:
    """Whether ``strip`` would change nothing; without making a copy of it all.

    :raise Unreadable: broken, or without an end.
    """
    return are_all(data, _parts(data))


def chunks(data: bytes) -> Iterator[Chunk]:
    """(type, content) of each chunk to the end of the picture.

    :raise Unreadable: a chunk is cut short, its checksum is wrong, or what must be is missing.
    """
    return ((kind, data[place.start : place.stop]) for kind, place in _places(data))


def _places(data: bytes) -> Iterator[tuple[bytes, range]]:
    """(type, where its content is) of each chunk, whose checksum is right."""
    whole = memoryview(data)
    for kind, place in _walk(data):
        (checksum,) = numbers(">I", data, place.stop)
        if zlib.crc32(whole[place.start - 4 : place.stop]) != checksum:
            raise Unreadable("the PNG is broken: a checksum is wrong")
        yield kind, place


def _walk(data: bytes) -> Iterator[tuple[bytes, range]]:
    """The same, with checksums that are there, but not looked at."""
    at, seen = len(SIGNATURE), set[bytes]()
    while b"IEND" not in seen:
        size, kind = struct.unpack(">I4s", piece(data, at, 8))
        if not _NAME.fullmatch(kind) or at + 12 + size > len(data):
            raise Unreadable("the PNG is broken or cut short")
        if not seen and (kind != b"IHDR" or size != 13):
            raise Unreadable("the PNG is broken: its header is missing")
        yield kind, range(at + 8, at + 8 + size)
        seen.add(kind)
        at += 12 + size
    if b"IDAT" not in seen:
        raise Unreadable("the PNG holds no picture")


def _described(data: bytes) -> list[Chunk]:
    """All chunks, the compressed pictures without their content."""
    return [
        (kind, b"" if kind in _PICTURES else data[place.start : place.stop])
        for kind, place in _places(data)
    ]


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk as it stands in a file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _parts(data: bytes) -> Iterator[Part]:
    """What remains, in its order."""
    dropped = () if _animation(_described(data)) else _MOTION
    yield SIGNATURE
    for kind, place in _walk(data):
        if kind == b"iCCP":
            yield _profile(data[place.start : place.stop])
        elif kind not in dropped and len(place) in _SIZES.get(kind, ()):
            yield range(place.start - 8, place.stop + 4)


def _profile(body: bytes) -> bytes:
    """The chunk of a profile, written anew; nothing of one that can't be used."""
    profile = inflated(_deflated(body))
    return chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile, 9)) if profile else b""


def _deflated(body: bytes) -> bytes:
    """What follows a name and a byte for the compression method."""
    return body.partition(b"\0")[2][1:]


def _animation(found: Sequence[Chunk]) -> tuple[int, int] | None:
    """(frames, plays); None for a still."""
    kinds = [kind for kind, _ in found]
    if b"acTL" not in kinds[: kinds.index(b"IDAT")] or b"fcTL" not in kinds:
        return None
    frames, plays = numbers(">II", found[kinds.index(b"acTL")][1])
    if frames != kinds.count(b"fcTL") or kinds.count(b"acTL") != 1:
        raise Unreadable("the APNG is broken: it has not the frames that it announces")
    return frames, plays


def _exif(found: Sequence[Chunk]) -> bytes | None:
    """EXIF in its own chunk, or as ImageMagick used to write it: hexadecimal, in a text chunk."""
    for kind, body in found:
        if kind == b"eXIf":
            return body
        if kind in (b"tEXt", b"zTXt") and body.startswith(_RAW_EXIF):
            return _hexadecimal(_text(kind, body))
    return None


def _text(kind: bytes, body: bytes) -> bytes:
    value = body.partition(b"\0")[2]
    return _inflated_text(value[1:]) if kind == b"zTXt" else value


def _hexadecimal(text: bytes) -> bytes | None:
    lines = text.split(b"\n", 3)
    try:
        return bytes.fromhex(lines[3].decode("ascii")) if len(lines) == 4 else None
    except ValueError:
        return None


def _xmp(found: Sequence[Chunk]) -> bytes | None:
    for kind, body in found:
        if kind == b"iTXt" and body.startswith(_XMP):
            text = body[len(_XMP) + 2 :].partition(b"\0")[2].partition(b"\0")[2]
            return _inflated_text(text) if body[len(_XMP) :][:1] == b"\1" else text
    return None


def _inflated_text(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, LARGEST)
    except zlib.error:
        return b""
