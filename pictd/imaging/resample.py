"""Applying weights to whole pictures, one side after the other, in strips of bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from pictd.imaging.weights import Floats, Weights, blurring, resizing
from pictd.model.operations import Filter

Box = tuple[float, float, float, float]
_Bytes = npt.NDArray[np.uint8]

_STRIP = 512
_ROWS = 16
_WITH_ALPHA = (2, 4)

_ROUNDING = np.float32(0.45)
"""Where a level begins: ImageMagick 7 rounds to the nearest and 6 cuts off. This is within half a
level of both, on average, and keeps whole numbers whole."""


def resize(image: Image.Image, box: Box, size: tuple[int, int], filter: Filter) -> Image.Image:
    """Resize a part of a picture.

    :param image: greyscale or RGB, with or without alpha; colours are weighed by alpha.
    :param box: left, top, right and bottom of the part, in pixels and fractions of them.
    """
    left, top, right, bottom = box
    origin = int(left), int(top)
    pixels = _pixels(image)[origin[1] : math.ceil(bottom), origin[0] : math.ceil(right)]
    across = resizing(filter, pixels.shape[1], left - origin[0], right - left, size[0])
    down = resizing(filter, pixels.shape[0], top - origin[1], bottom - top, size[1])
    return _picture(_applied(pixels, down, across))


def blur(image: Image.Image, sigma: float) -> Image.Image:
    """Blur a picture with a Gaussian of this standard deviation, which is not 0."""
    pixels = _pixels(image)
    down, across = (blurring(sigma, side) for side in pixels.shape[:2])
    return _picture(_applied(pixels, down, across))


def _pixels(image: Image.Image) -> _Bytes:
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _picture(pixels: _Bytes) -> Image.Image:
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def _applied(pixels: _Bytes, down: Weights, across: Weights) -> _Bytes:
    result = np.empty((len(down), len(across), pixels.shape[2]), np.uint8)
    for at in range(0, len(across), _STRIP):
        end = min(at + _STRIP, len(across))
        first, last = across.span(at, end)
        tall = _along_columns(_Source(pixels[:, first:last]), down)
        wide = _along_columns(_Turned(tall), across.part(at, end).shifted(first))
        result[:, at:end] = _finished(wide).transpose(1, 0, 2)
    return result


class _Source:
    """Rows of a picture as numbers, colours multiplied by alpha."""

    def __init__(self, pixels: _Bytes) -> None:
        self._pixels = pixels
        self.shape = pixels.shape[1:]

    def rows(self, first: int, last: int) -> Floats:
        """Rows ``first`` to ``last``."""
        rows = self._pixels[first:last].astype(np.float32)
        if self.shape[1] in _WITH_ALPHA:
            rows[..., :-1] *= rows[..., -1:] / np.float32(255)
        return rows


class _Turned:
    """Columns of an array of numbers as its rows."""

    def __init__(self, numbers: Floats) -> None:
        self._numbers = np.ascontiguousarray(numbers.transpose(1, 0, 2))
        self.shape = self._numbers.shape[1:]

    def rows(self, first: int, last: int) -> Floats:
        """Columns ``first`` to ``last``."""
        return self._numbers[first:last]


def _along_columns(source: _Source | _Turned, weights: Weights) -> Floats:
    result = np.empty((len(weights), *source.shape), np.float32)
    for at, end in _blocks(weights):
        rows = source.rows(*weights.span(at, end))
        flat = rows.reshape(len(rows), -1)
        np.matmul(weights.matrix(at, end), flat, out=result[at:end].reshape(end - at, -1))
    return result


def _blocks(weights: Weights) -> Iterator[tuple[int, int]]:
    """Ranges of result pixels: the wider the filter, the more at once, to share what they take."""
    size = max(_ROWS, weights.reach // 2 if len(weights) > weights.reach else _ROWS)
    for at in range(0, len(weights), size):
        yield at, min(at + size, len(weights))


def _finished(numbers: Floats) -> _Bytes:
    """Bytes, colours divided by alpha again."""
    if numbers.shape[2] in _WITH_ALPHA:
        alpha = numbers[..., -1:]
        visible = alpha > 0.5
        np.divide(numbers[..., :-1] * 255, alpha, out=numbers[..., :-1], where=visible)
    levels: _Bytes = np.clip(numbers + _ROUNDING, 0, 255).astype(np.uint8)
    return levels
