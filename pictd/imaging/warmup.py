"""Using every codec once, so that a forked child finds all of it loaded."""

from __future__ import annotations

import io
from collections.abc import Callable

import pi_heif
from PIL import Image as Pictures

from pictd.imaging.jxl import plugin as jxl_plugin

_SIDE = 8
_STILLS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_ANIMATIONS = ("PNG", "GIF", "WEBP", "AVIF")


def warm_up() -> list[str]:
    """Encode and decode a tiny picture with each codec.

    :return: what does not work here, by name.
    """
    steps = [(f"{name} codec", _still(name)) for name in _STILLS]
    steps += [("JPEG XL codec", _still(jxl_plugin.NAME)), ("HEIC codec", _heic)]
    steps += [(f"animated {name} codec", _animation(name)) for name in _ANIMATIONS]
    return [name for name, step in steps if not _works(step)]


def _works(step: Callable[[], None]) -> bool:
    try:
        step()
    except Exception:
        return False
    return True


def _still(name: str) -> Callable[[], None]:
    def step() -> None:
        data = io.BytesIO()
        Pictures.new("RGB", (_SIDE, _SIDE)).save(data, name)
        _read(data)

    return step


def _heic() -> None:
    """There is no encoder for it here, so the decoder is only asked for."""
    if not pi_heif.libheif_info()["decoders"]:
        raise LookupError("libheif has no decoder for HEVC")


def _animation(name: str) -> Callable[[], None]:
    def step() -> None:
        data = io.BytesIO()
        frames = [Pictures.new("RGB", (_SIDE, _SIDE), colour) for colour in ("red", "blue")]
        frames[0].save(data, name, save_all=True, append_images=frames[1:], duration=40)
        _read(data)

    return step


def _read(data: io.BytesIO) -> None:
    with Pictures.open(data) as picture:
        picture.convert("RGBA").resize((4, 4), Pictures.Resampling.BICUBIC)
