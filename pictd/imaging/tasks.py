"""What an imaging child can be asked to do: JSON objects in, JSON objects out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pi_heif
from PIL import features

from pictd.imaging.blurhash import blurhash_of
from pictd.imaging.containers.registry import CONTAINERS, measured_of, outline_of
from pictd.imaging.encode import ENCODERS
from pictd.imaging.jxl import library
from pictd.imaging.normalise import normalise
from pictd.imaging.render import render
from pictd.imaging.sources import read_picture, read_source
from pictd.imaging.videos import certify

_LIBRARIES = ("pil", "jpg", "libjpeg_turbo", "zlib", "webp", "avif", "littlecms2")


def describe(arguments: Mapping[str, Any]) -> dict[str, object]:
    """Measure ``source`` by its headers.

    :return: ``measured``, and of a video ``streams`` (JSON).
    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    data = read_source(arguments["source"])
    outline = outline_of(data)
    streams = outline.streams and outline.streams.as_json()
    return {"measured": measured_of(outline, len(data)).as_json(), "streams": streams}


def blurhash(arguments: Mapping[str, Any]) -> dict[str, object]:
    """The blurhash of the first frame of ``source``, a picture.

    :raise Unreadable: broken, or no picture.
    :raise Unsupported: media of another kind.
    """
    return {"blurhash": blurhash_of(read_picture(arguments["source"]))}


def capabilities(_: Mapping[str, Any]) -> dict[str, object]:
    """What can be done here.

    :return: ``read`` (media containers), ``write`` (formats as JSON) and ``libraries`` (versions;
        None for one that is missing).
    """
    return {
        "read": [each.codec.lower() for each in CONTAINERS if _is_built_in(each.codec)],
        "write": [each.as_json() for each in ENCODERS if _is_built_in(each.label)],
        "libraries": {name: features.version(name) for name in _LIBRARIES} | _other_libraries(),
    }


def _other_libraries() -> dict[str, str | None]:
    """What Pillow knows nothing of."""
    jxl = library.installed()
    return {
        "jxl": None if jxl is None else library.version(jxl),
        "heif": pi_heif.libheif_version(),
    }


def _is_built_in(name: str) -> bool:
    if name.lower() == "jxl":
        return library.installed() is not None
    feature = {"jpeg": "jpg", "webp": "webp", "avif": "avif"}.get(name.lower())
    return feature is None or bool(features.check(feature))


Task = Callable[[dict[str, Any]], dict[str, object]]

TASKS: dict[str, Task] = {
    "normalise": normalise,
    "render": render,
    "certify": certify,
    "describe": describe,
    "blurhash": blurhash,
    "capabilities": capabilities,
}
"""By the name that a parent asks for."""
