"""Pixels to files. An encoder of another format is a line in the table below."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

import attrs
from PIL import Image

from pictd.imaging.apng_writer import write_apng
from pictd.imaging.colour import in_srgb
from pictd.imaging.containers.registry import stripped
from pictd.imaging.decode import Film, Frame
from pictd.imaging.failures import Impossible, Unreadable
from pictd.imaging.gif_writer import write_gif
from pictd.imaging.jxl import plugin as jxl_plugin
from pictd.imaging.quality import Options, options, table_options
from pictd.imaging.reel import Reel
from pictd.model.formats import Format

_Encoder = Callable[[Film, Options], bytes]


def encode(film: Film, format: Format, quality: int | None) -> bytes:
    """A file of this format that holds nothing but the film.

    A film of several frames becomes a still by its first. What the result is, is told by its
    bytes: of one frame, an animation comes out as a still where the format has both.

    :raise Impossible: this machine can't write the format, or the format can't hold the picture.
    :raise Unreadable: the source broke off.
    """
    encoder = ENCODERS.get(format)
    if encoder is None:
        raise Impossible(f"{format.label} can't be written here")
    try:
        return stripped(encoder(film, _options(film, format, quality)))
    except (Unreadable, Impossible, MemoryError):
        raise
    except Exception as error:
        raise Impossible(f"the picture can't be written as {format.label}: {error}") from error


def _options(film: Film, format: Format, quality: int | None) -> Options:
    """A JPEG from a JPEG is as fine as its source where no quality is configured (media §2.4)."""
    if format is Format.IMAGE_JPEG and quality is None and film.tables:
        return table_options(film.tables)
    return options(format, quality)


def _still(codec: str, modes: tuple[str, ...]) -> _Encoder:
    def encoder(film: Film, chosen: Options) -> bytes:
        image, profile = next(film.frames).image, film.profile
        if image.mode not in modes:
            image, profile = _in_mode(image, profile, modes)
        return _saved(image, codec, chosen, profile)

    return encoder


def _moving(codec: str) -> _Encoder:
    def encoder(film: Film, chosen: Options) -> bytes:
        reel = Reel(film.frames, film.count)
        times = {"duration": reel.durations, "loop": film.plays, "save_all": True}
        return _saved(reel, codec, {**chosen, **times}, film.profile)

    return encoder


def _jxl(film: Film, chosen: Options) -> bytes:
    """libjxl takes every plain mode, but not every profile that others pass on unread."""
    image, profile = next(film.frames).image, film.profile
    try:
        return _saved(image, jxl_plugin.NAME, chosen, profile)
    except Impossible:
        if profile is None:
            raise
    return _saved(in_srgb(image, profile), jxl_plugin.NAME, chosen, None)


def _gif(film: Film, chosen: Options) -> bytes:
    return write_gif(attrs.evolve(film, frames=_in_srgb(film)))


def _in_srgb(film: Film) -> Iterator[Frame]:
    """GIF has no profiles."""
    for frame in film.frames:
        yield Frame(in_srgb(frame.image, film.profile), frame.milliseconds)


def _apng(film: Film, chosen: Options) -> bytes:
    return write_apng(film, {**chosen, "icc_profile": film.profile})


def _in_mode(
    image: Image.Image, profile: bytes | None, modes: tuple[str, ...]
) -> tuple[Image.Image, bytes | None]:
    """Alpha is dropped without a ground where there is no place for it; grey may become colour,
    and then a profile of greys has done its work."""
    alpha = image.mode in ("LA", "RGBA") and "RGBA" in modes
    if image.mode == "LA" and not alpha and "L" in modes:
        return image.convert("L"), profile
    if image.mode in ("L", "LA") and profile:
        image, profile = in_srgb(image, profile), None
    return image.convert("RGBA" if alpha else "RGB"), profile


def _saved(image: Image.Image, codec: str, chosen: Options, profile: bytes | None) -> bytes:
    out = io.BytesIO()
    image.save(out, codec, icc_profile=profile, **chosen)
    return out.getvalue()


ENCODERS: Mapping[Format, _Encoder] = {
    Format.IMAGE_JPEG: _still("JPEG", ("L", "RGB")),
    Format.IMAGE_PNG: _still("PNG", ("L", "LA", "RGB", "RGBA")),
    Format.IMAGE_WEBP: _still("WEBP", ("RGB", "RGBA")),
    Format.IMAGE_AVIF: _still("AVIF", ("L", "RGB", "RGBA")),
    Format.IMAGE_JXL: _jxl,
    Format.ANIMATION_GIF: _gif,
    Format.ANIMATION_APNG: _apng,
    Format.ANIMATION_WEBP: _moving("WEBP"),
    Format.ANIMATION_AVIF: _moving("AVIF"),
}
