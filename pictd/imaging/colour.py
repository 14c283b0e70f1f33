"""Plain pixels of any colour model, and colour profiles on their way from source to result."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from pictd.imaging.containers.profiles import space

PLAIN = ("L", "LA", "RGB", "RGBA")
"""Modes that every part after decoding works with: 8 bits a channel, alpha last."""

_BY_SPACE = {"RGB": ("RGB", "RGBA"), "GRAY": ("L", "LA")}
_SIXTEEN_BITS = ("I", "I;16", "I;16L", "I;16B", "I;16N")
_ROWS = 256


def plain(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, bytes | None]:
    """The picture in one of the plain modes, and the profile that its numbers then have.

    Print colours become sRGB, by their profile where it can be used.
    """
    if image.mode == "CMYK":
        converted = _to_srgb(image, profile) if profile and space(profile) == "CMYK" else None
        return _bare(converted or image.convert("RGB")), None
    image = _bare(_shallow(image) if image.mode in _SIXTEEN_BITS else _eight_bits(image))
    if profile is None or image.mode in _BY_SPACE.get(space(profile), ()):
        return image, profile
    if space(profile) == "RGB":
        return image.convert("RGBA" if image.mode == "LA" else "RGB"), profile
    return image, None


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A plain picture with sRGB numbers; as it is where the profile can't be used."""
    if profile is None:
        return image
    if image.mode == "LA":
        grey = in_srgb(image.getchannel("L"), profile).convert("RGB")
        grey.putalpha(image.getchannel("A"))
        return grey
    return _bare(_to_srgb(image, profile) or image)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image | None:
    result = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        return ImageCms.applyTransform(image, _transform(profile, image.mode, result))
    except (ImageCms.PyCMSError, ValueError):
        return None


@lru_cache(maxsize=4)
def _transform(profile: bytes, mode: str, result: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.buildTransform(source, target, mode, result)


def _shallow(image: Image.Image) -> Image.Image:
    """Sixteen bits as eight, to the nearest; some rows at a time, which take four times as much."""
    result = Image.new("L", image.size)
    for top in range(0, image.height, _ROWS):
        rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
        numbers = np.asarray(rows).astype(np.uint32)
        result.paste(Image.fromarray(((numbers * 255 + 32767) // 65535).astype(np.uint8)), (0, top))
    return result


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey stays grey, and transparency of whatever kind becomes an alpha channel."""
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        mode = "LA" if mode == "L" else "RGBA"
    return image if image.mode == mode else image.convert(mode)


def _bare(image: Image.Image) -> Image.Image:
    """Without what Pillow remembers of the source, which it would write again."""
    image.info = {}
    return image
