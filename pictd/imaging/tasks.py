"""What an imaging child can be asked to do: JSON objects in, JSON objects out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pi_heif
from PIL import features

from pictd.imaging.blurhash import blurhash as blurhash_of
from pictd.imaging.containers.registry import CONTAINERS, measured_of, outline_of
from pictd.imaging.decode import decode
from pictd.imaging.encode import ENCODERS
from pictd.imaging.jxl import library
from pictd.imaging.normalise import normalise
from pictd.imaging.render import render

_ENOUGH = (128, 128)
_LIBRARIES = ("pil", "jpg", "libjpeg_turbo", "zlib", "webp", "avif", "littlecms2")


def describe(arguments: Mapping[str, Any]) -> dict[str, object]:
    """Measure ``source`` by its headers.

    :return: ``measured`` (JSON).
    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    data = Path(arguments["source"]).read_bytes()
    return {"measured": measured_of(outline_of(data), len(data)).as_json()}


def blurhash(arguments: Mapping[str, Any]) -> dict[str, object]:
    """The blurhash of the first frame of ``source``.

    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    data = Path(arguments["source"]).read_bytes()
    film = decode(data, outline_of(data), _ENOUGH, first_only=True)
    return {"blurhash": blurhash_of(next(film.frames).image, film.profile, film.size)}


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
    "describe": describe,
    "blurhash": blurhash,
    "capabilities": capabilities,
}
"""By the name that a parent asks for."""
