"""What a quality of 0 to 100 means to each encoder, and what is used where none is configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pictd.model.formats import Format

Options = Mapping[str, object]

_FINE = 90
"""From this JPEG quality on colours are not subsampled, as in ImageMagick."""

_FINE_TABLE = 740
"""The sum of the standard table of brightness at that quality."""

_JPEG, _WEBP, _AVIF, _PNG, _JXL = 92, 75, 65, 60, 90

_COARSEST = 15.0
"""libjxl before 0.9 takes no larger distance."""


def options(format: Format, quality: int | None) -> Options:
    """Options of Pillow's encoder.

    :param quality: values above 100 count as 100; None for the default.
    """
    build = _OPTIONS.get(format)
    return build(None if quality is None else max(0, min(100, quality))) if build else {}


def table_options(tables: tuple[tuple[int, ...], ...]) -> Options:
    """Options that encode a JPEG as finely as the one whose quantisation tables these are."""
    sampling = "4:4:4" if sum(tables[0]) <= _FINE_TABLE else "4:2:0"
    return {"qtables": [list(table) for table in tables], "subsampling": sampling}


def _jpeg(quality: int | None) -> Options:
    value = _JPEG if quality is None else quality
    return {"quality": value, "subsampling": "4:4:4" if value >= _FINE else "4:2:0"}


def _webp(quality: int | None) -> Options:
    return {"quality": _WEBP if quality is None else quality, "method": 4}


def _moving_webp(quality: int | None) -> Options:
    return {"quality": _WEBP if quality is None else quality, "method": 2}


def _avif(quality: int | None) -> Options:
    return {"quality": _AVIF if quality is None else quality, "speed": 8, "max_threads": 1}


def _moving_avif(quality: int | None) -> Options:
    return {"quality": _AVIF if quality is None else quality, "speed": 9, "max_threads": 1}


def _jxl(quality: int | None) -> Options:
    """The distance is that of libjxl's own tools and of ImageMagick: 1.0 for a quality of 90."""
    value = _JXL if quality is None else quality
    if value == 100:
        return {"distance": 0.0, "effort": 3}
    fine, coarse = 0.1 + (100 - value) * 0.09, 53 / 3000 * value**2 - 23 / 20 * value + 25
    return {"distance": fine if value >= 30 else min(coarse, _COARSEST), "effort": 5}


def _png(quality: int | None) -> Options:
    """Always lossless: the tens of the quality are zlib's level, as in ImageMagick."""
    value = _PNG if quality is None else quality
    return {"compress_level": max(1, min(9, value // 10))}


_OPTIONS: Mapping[Format, Callable[[int | None], Options]] = {
    Format.IMAGE_JPEG: _jpeg,
    Format.IMAGE_WEBP: _webp,
    Format.IMAGE_AVIF: _avif,
    Format.IMAGE_JXL: _jxl,
    Format.IMAGE_PNG: _png,
    Format.ANIMATION_WEBP: _moving_webp,
    Format.ANIMATION_AVIF: _moving_avif,
    Format.ANIMATION_APNG: _png,
}
