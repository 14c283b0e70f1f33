"""The containers that are taken. A new one is a module like its siblings, and a line here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeVar

import attrs

from pictd.imaging.containers import gif, jpeg, png, webp
from pictd.imaging.containers.foreign import foreign_name
from pictd.imaging.containers.isobmff import avif, heic, mp4
from pictd.imaging.containers.jxl import codestream as jxl
from pictd.imaging.containers.matroska import clean, movie
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.limits import Measured

_MOST_PIXELS_A_SIDE = 65535
_T = TypeVar("_T")
_D = TypeVar("_D", bound=Data)


@attrs.frozen
class VideoContainer:
    """How to read one kind of video, which is cleaned elsewhere.

    :ivar accepts: whether bytes begin like it.
    :ivar outline: its headers.
    :ivar is_clean: whether it holds nothing but picture and sound, as it is written for storing.
    :ivar overwrites: what to write where in it, so that it is clean, where that can be done.
    """

    accepts: Callable[[Data], bool]
    outline: Callable[[Data], Outline]
    is_clean: Callable[[Data], bool]
    overwrites: Callable[[Data], list[tuple[int, bytes]]] | None = None


@attrs.frozen
class Container:
    """How to read one kind of picture.

    :ivar codec: what Pillow calls it.
    :ivar accepts: whether bytes begin like it.
    :ivar outline: its headers.
    :ivar strip: a copy that holds nothing but the picture; of such a copy, the copy itself. None
        where files are never stored as they are.
    :ivar is_clean: a quicker way than to strip and compare, where there is one.
    :ivar shortened: a stripped file as far as its decoder used it, where only that knows the end.
    """

    codec: str
    accepts: Callable[[bytes], bool]
    outline: Callable[[bytes], Outline]
    strip: Callable[[bytes], bytes] | None = None
    is_clean: Callable[[bytes], bool] | None = None
    shortened: Callable[[bytes, int], bytes] | None = None


CONTAINERS = (
    Container("JPEG", jpeg.accepts, jpeg.outline, jpeg.strip, jpeg.is_clean),
    Container("PNG", png.accepts, png.outline, png.strip, png.is_clean),
    Container("GIF", gif.accepts, gif.outline, gif.strip),
    Container("WEBP", webp.accepts, webp.outline, webp.strip),
    Container("AVIF", avif.accepts, avif.outline, avif.strip),
    Container("JXL", jxl.accepts, jxl.outline, jxl.strip, shortened=jxl.shortened),
    Container("HEIF", heic.accepts, heic.outline),
)

VIDEOS = (
    VideoContainer(mp4.accepts, mp4.outline, mp4.is_clean),
    VideoContainer(movie.accepts, movie.outline, movie.is_clean, clean.overwrites),
)


def is_video(data: Data) -> bool:
    """Whether bytes begin like a video."""
    return _video_container_of(data) is not None


def container_of(data: bytes) -> Container:
    """Told from the bytes alone: neither name nor declared type matter.

    :raise Unreadable: no known kind of file.
    :raise Unsupported: a known kind that is not taken.
    """
    for each in CONTAINERS:
        if each.accepts(data):
            return each
    name = foreign_name(data)
    if name is None:
        raise Unreadable("the file is no picture")
    raise Unsupported(f"{name} is not taken")


def outline_of(data: Data) -> Outline:
    """The headers of a file of any kind that is taken.

    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    video = _video_container_of(data)
    if video is not None:
        found = _safely(video.outline, data)
    else:
        found = _safely(container_of(bytes(data)).outline, bytes(data))
    if not all(0 < side <= _MOST_PIXELS_A_SIDE for side in found.size):
        raise Unreadable(f"the size that the file announces is impossible: {found.size}")
    return found


def stripped(data: bytes) -> bytes:
    """The same picture without anything that is not the picture; pixels and ICC profile stay.
    Videos can't be stripped here.

    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    strip = container_of(data).strip
    if strip is None:
        raise Unsupported("this kind of file is not stored as it is")
    return _safely(strip, data)


def shortened(clean: bytes, used: int | None) -> bytes:
    """What is left of a stripped file when all is gone that decoding it did not take.

    :param used: how many bytes that took, where the decoder tells.
    """
    shorten = container_of(clean).shortened
    return clean if shorten is None or used is None else shorten(clean, used)


def is_clean(data: Data) -> bool:
    """Whether a file holds nothing but the picture, so that a strip of it changes no byte; or, of a
    video, picture and sound."""
    video = _video_container_of(data)
    if video is not None:
        return _safely(video.is_clean, data)
    container = container_of(bytes(data))
    if container.is_clean is not None:
        return _safely(container.is_clean, bytes(data))
    return container.strip is not None and stripped(bytes(data)) == data


def leftovers(data: Data) -> list[tuple[int, bytes]]:
    """What to write where in a video, so that it holds nothing but picture and sound."""
    video = _video_container_of(data)
    if video is None or video.overwrites is None:
        return []
    return _safely(video.overwrites, data)


def measured_of(outline: Outline, file_size: int) -> Measured:
    """What limits are held against; a picture that its container turns counts as it is seen."""
    size = outline.shown_size if outline.oriented_by_container else outline.size
    return Measured(outline.format, *size, outline.frames, file_size)


def _video_container_of(data: Data) -> VideoContainer | None:
    return next((each for each in VIDEOS if each.accepts(data)), None)


def _safely(read: Callable[[_D], _T], data: _D) -> _T:
    """Readers check their bounds; what they still stumble over is a broken file, too."""
    try:
        return read(data)
    except (IndexError, KeyError, ValueError, OverflowError, struct.error) as error:
        raise Unreadable("the file is broken") from error
