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
_Area = tuple[int, int, int, int]
_Bytes = npt.NDArray[np.uint8]

_STRIP = 512
_ROWS = 16
_READ = 32
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
    area = int(left), int(top), math.ceil(right), math.ceil(bottom)
    across = resizing(filter, area[2] - area[0], left - area[0], right - left, size[0])
    down = resizing(filter, area[3] - area[1], top - area[1], bottom - top, size[1])
    return _applied(image, area, down, across)


def blur(image: Image.Image, sigma: float) -> Image.Image:
    """Blur a picture with a Gaussian of this standard deviation, which is not 0."""
    across, down = (blurring(sigma, side) for side in image.size)
    return _applied(image, (0, 0, *image.size), down, across)


def _applied(image: Image.Image, area: _Area, down: Weights, across: Weights) -> Image.Image:
    result = Image.new(image.mode, (len(across), len(down)))
    left, top, _, bottom = area
    for at in range(0, len(across), _STRIP):
        end = min(at + _STRIP, len(across))
        first, last = across.span(at, end)
        source = _Source(image, (left + first, top, left + last, bottom))
        tall = _along_columns(source, down)
        wide = _along_columns(_Turned(tall), across.part(at, end).shifted(first))
        result.paste(_picture(_finished(wide).transpose(1, 0, 2)), (at, 0))
    return result


def _picture(levels: _Bytes) -> Image.Image:
    return Image.fromarray(levels[:, :, 0] if levels.shape[2] == 1 else levels)


class _Source:
    """Rows of a part of a picture as numbers, colours multiplied by alpha; few are made at a time.

    A picture as an array would be copied twice.
    """

    def __init__(self, image: Image.Image, area: _Area) -> None:
        self._image, self._area = image, area
        self.shape = area[2] - area[0], len(image.getbands())

    def rows(self, first: int, last: int) -> Floats:
        """Rows ``first`` to ``last``."""
        left, top, right, _ = self._area
        rows = np.empty((last - first, *self.shape), np.float32)
        for at in range(first, last, _READ):
            end = min(at + _READ, last)
            levels = np.asarray(self._image.crop((left, top + at, right, top + end)))
            rows[at - first : end - first] = levels.reshape(-1, *self.shape)
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
