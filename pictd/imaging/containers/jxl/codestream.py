"""JPEG XL: a bare codestream, or one in a container of boxes (ISO/IEC 18181-2).

Always a still: what moves is refused, as its frames would pass by the limits of animations. The
orientation is part of the codestream; one in EXIF does not count.

A strip keeps the codestream to the bit, and of a container what makes it one. Where a codestream
ends is known only to who decodes it: ``shortened`` then cuts off what follows. What is coded in a
frame besides its pixels, such as its name, is left alone.
"""

from __future__ import annotations

from pictd.imaging.containers.isobmff.boxes import Box, box, walk
from pictd.imaging.containers.jxl.header import SIGNATURE, read_header
from pictd.imaging.containers.outline import Outline
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

_SIGNATURE_BOX = box(b"JXL ", b"\r\n\x87\n")
_TYPE_BOX = box(b"ftyp", b"jxl \0\0\0\0jxl ")
_LEVELS = (b"\x05", b"\x0a")
_LAST_PART = 1 << 31


def accepts(data: bytes) -> bool:
    """Whether the bytes begin as a codestream or a container does."""
    return data.startswith((SIGNATURE, _SIGNATURE_BOX))


def outline(data: bytes) -> Outline:
    """:raise Unreadable: broken, or cut short.
    :raise Unsupported: it moves, or holds a second picture.
    """
    _, codestream = _read(data)
    header = read_header(codestream)
    return Outline(
        Format.IMAGE_JXL,
        *header.size,
        orientation=header.orientation,
        oriented_by_container=True,
    )


def strip(data: bytes) -> bytes:
    """The codestream as it is, in a new container where it was in one.

    :raise Unreadable: broken, or cut short.
    :raise Unsupported: it moves, or holds a second picture.
    """
    level, codestream = _read(data)
    read_header(codestream)
    return codestream if data.startswith(SIGNATURE) else _contained(level, codestream)


def shortened(clean: bytes, used: int) -> bytes:
    """A stripped file without what follows its picture.

    :param used: bytes of it that a decoder needs.
    """
    level, codestream = _read(clean)
    kept = codestream[: used - (len(clean) - len(codestream))]
    return kept if clean.startswith(SIGNATURE) else _contained(level, kept)


def _contained(level: bytes, codestream: bytes) -> bytes:
    levels = box(b"jxll", level) if level in _LEVELS else b""
    return _SIGNATURE_BOX + _TYPE_BOX + levels + box(b"jxlc", codestream)


def _read(data: bytes) -> tuple[bytes, bytes]:
    """(level, codestream); what follows the codestream's last box is not looked at."""
    if data.startswith(SIGNATURE):
        return b"", data
    level, parts = b"", list[bytes]()
    for each in walk(data):
        if each.kind == b"jxll":
            level = each.body
        elif each.kind == b"jxlc" and not parts:
            return level, each.body
        elif each.kind == b"jxlp":
            parts.append(each.body[4:])
            if _is_last(each, len(parts) - 1):
                return level, b"".join(parts)
    raise Unreadable("the JPEG XL is cut short")


def _is_last(part: Box, place: int) -> bool:
    (number,) = part.fields("I", 0)
    if number & ~_LAST_PART != place:
        raise Unreadable("the JPEG XL is broken: its parts are in disorder")
    return bool(number & _LAST_PART)
