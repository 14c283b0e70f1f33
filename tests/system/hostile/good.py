"""Files that nothing is wrong with yet, one of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.heic import heic
from tests.support.movies import movie
from tests.support.samples import animation, jxl_boxes, picture, still

Named = tuple[str, bytes]
"""A file, after what it is called where a test fails."""

_STILLS = ("jpeg", "png", "webp", "avif", "gif", "jxl")
_MOVING = ("gif", "apng", "webp", "avif")
_FILMS = (
    *(("mp4", codec, "") for codec in ("h265", "av1")),
    ("mp4", "h264", "aac"),
    ("mov", "h264", ""),
    *(("webm", codec, "") for codec in ("vp9", "av1")),
    ("webm", "vp8", "opus"),
    ("matroska", "h264", ""),
)


def pictures() -> Iterator[Named]:
    """Stills and animations."""
    for fmt in _STILLS:
        yield f"still.{fmt}", still(fmt, 60, 45)
    yield "boxed.jxl", jxl_boxes((b"jxlc", still("jxl", 60, 45)))
    yield "still.heic", heic(picture(60, 45))
    for fmt in _MOVING:
        yield f"animation.{fmt}", animation(fmt)


def films() -> Iterator[Named]:
    """Every codec in every container that it is taken in."""
    for container, codec, audio in _FILMS:
        film = movie(container, codec, frames=3, size=(32, 16), audio=audio)
        yield f"{codec}.{container}", film
