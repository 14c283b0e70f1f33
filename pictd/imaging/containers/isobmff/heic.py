"""HEIC and HEIF with HEVC pictures (ISO/IEC 23008-12): read, and made a web format of.

The primary picture counts: a burst is its chosen picture, a live photo its still, and thumbnails,
depth maps and gain maps are nothing. Rotation and mirroring are the container's: its decoder
applies them, so the sizes told here are those that a viewer sees.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pictd.imaging.containers.isobmff.avif_items import Item, read_items
from pictd.imaging.containers.isobmff.avif_properties import colour_profile, is_alpha
from pictd.imaging.containers.isobmff.boxes import Box, boxes, first, required, walk
from pictd.imaging.containers.outline import Outline
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.formats import Format

DECODER = "heic"

_CODED = b"hvc1"
_STILLS = (b"heic", b"heix", b"heim", b"heis")
_MOTION = (b"hevc", b"hevx", b"hevm", b"hevs")
_ANY_CODEC = (b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")
_MOST_BRANDS = 1024


def accepts(data: bytes) -> bool:
    """By the type box: a HEVC brand, or one that leaves the codec open, and none of AVIF."""
    if data[4:8] != b"ftyp" or data[8:12] not in (*_STILLS, *_MOTION, *_ANY_CODEC):
        return False
    end = min(struct.unpack(">I", data[:4])[0], len(data), _MOST_BRANDS)
    return not any(data[at : at + 4] in _AVIF for at in range(16, end - 3, 4))


def outline(data: bytes) -> Outline:
    """:raise Unreadable: broken, or cut short.
    :raise Unsupported: there is no still in it, or it is of another codec.
    """
    items = _read(data)
    profiles = (colour_profile(each) for _, each in items[0].properties)
    return Outline(
        Format.IMAGE_WEBP if _has_alpha(items) else Format.IMAGE_JPEG,
        *_shown_size(items[0]),
        oriented_by_container=True,
        profile=next(filter(None, profiles), None),
        decoder=DECODER,
    )


def _read(data: bytes) -> Sequence[Item]:
    meta = first(walk(data), b"meta")
    parts = boxes(meta.body, 4) if meta else []
    if meta is None or first(parts, b"pitm") is None:
        raise Unsupported("a HEIC without a still picture is not taken")
    items = read_items(data, meta, _CODED)
    if not any(each.kind == _CODED for each in items):
        raise Unreadable("the HEIC is broken: its picture has no data")
    return items


def _has_alpha(items: Sequence[Item]) -> bool:
    return any(is_alpha(each) for item in items for _, each in item.properties)


def _shown_size(picture: Item) -> tuple[int, int]:
    """The properties take effect one after the other, in their order."""
    extent = required((each for _, each in picture.properties), b"ispe")
    width, height = extent.fields("II")
    for _, each in picture.properties:
        if each.kind == b"clap":
            width, height = _cropped(each)
        elif each.kind == b"irot" and each.body[0] & 1:
            width, height = height, width
    return width, height


def _cropped(aperture: Box) -> tuple[int, int]:
    width, width_parts, height, height_parts = aperture.fields("IIII", 0)
    if not width_parts or not height_parts:
        raise Unreadable("the HEIC is broken: it is cropped to nothing")
    return width // width_parts, height // height_parts
