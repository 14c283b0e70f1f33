"""What each pixel of a result takes from the pixels of a row or column: filters as numbers.

ImageMagick's filters, with its constants and its sampling: the centre of a result pixel is mapped
to the source, the filter is laid over it, widened where the picture shrinks, and weights outside
the picture are left out; a blur lays its kernel over the picture with the edges repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pictd.model.operations import Filter

Floats = npt.NDArray[np.float32]
_Curve = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

_QUANTUM = 65535


@attrs.frozen(eq=False)
class Weights:
    """:ivar start: the first source pixel of each result pixel.
    :ivar stop: the one after the last.
    :ivar rows: weights of the pixels between, padded with zeros.
    """

    start: npt.NDArray[Any]
    stop: npt.NDArray[Any]
    rows: Floats

    def __len__(self) -> int:
        return len(self.start)

    @property
    def reach(self) -> int:
        """The most source pixels that one result pixel takes from."""
        return int(self.rows.shape[1])

    def span(self, at: int, end: int) -> tuple[int, int]:
        """The source pixels that result pixels ``at`` to ``end`` take from."""
        return int(self.start[at:end].min()), int(self.stop[at:end].max())

    def matrix(self, at: int, end: int) -> Floats:
        """What turns the pixels of ``span`` into the result pixels."""
        first, last = self.span(at, end)
        columns = self.start[at:end, None] - first + np.arange(self.reach)
        inside = columns < last - first
        matrix = np.zeros((end - at, last - first), np.float32)
        rows = np.broadcast_to(np.arange(end - at)[:, None], columns.shape)
        matrix[rows[inside], columns[inside]] = self.rows[at:end][inside]
        return matrix

    def shifted(self, by: int) -> Weights:
        """The same weights for a source of which the first ``by`` pixels are missing."""
        return Weights(self.start - by, self.stop - by, self.rows)

    def part(self, at: int, end: int) -> Weights:
        """The weights of some result pixels."""
        return Weights(self.start[at:end], self.stop[at:end], self.rows[at:end])


@attrs.frozen
class _Kernel:
    curve: _Curve
    support: float
    blur: float = 1.0


def _lanczos(lobes: int) -> _Curve:
    return lambda x: np.where(x < lobes, np.sinc(x) * np.sinc(x / lobes), 0.0)


def _cubic(b: float, c: float) -> _Curve:
    """Mitchell and Netravali's family (SIGGRAPH 1988)."""
    near = np.polynomial.Polynomial([6 - 2 * b, 0, -18 + 12 * b + 6 * c, 12 - 9 * b - 6 * c]) / 6
    far = np.polynomial.Polynomial([8 * b + 24 * c, -12 * b - 48 * c, 6 * b + 30 * c, -b - 6 * c])
    return lambda x: np.where(x < 1, near(x), np.where(x < 2, far(x) / 6, 0.0))


_KERNELS = {
    Filter.LANCZOS: _Kernel(_lanczos(3), 3.0),
    Filter.LANCZOS_SHARP: _Kernel(_lanczos(3), 3.0, 0.9812505644269356),
    Filter.LANCZOS2: _Kernel(_lanczos(2), 2.0),
    Filter.LANCZOS2_SHARP: _Kernel(_lanczos(2), 2.0, 0.9549963639785485),
    Filter.MITCHELL: _Kernel(_cubic(1 / 3, 1 / 3), 2.0),
    Filter.ROBIDOUX_SHARP: _Kernel(_cubic(0.2620145123990142, 0.3689927438004929), 2.0),
}


@lru_cache(maxsize=16)
def resizing(filter: Filter, source: int, first: float, extent: float, result: int) -> Weights:
    """Weights that resize ``extent`` of ``source`` pixels, from ``first`` on, to ``result``."""
    kernel = _KERNELS[filter]
    scale = max(extent / result, 1.0)
    support = max(scale * kernel.support * kernel.blur, 0.5)
    centre = first + (np.arange(result) + 0.5) * extent / result
    start = np.clip(np.floor(centre - support + 0.5), 0, source - 1).astype(int)
    stop = np.clip(np.floor(centre + support + 0.5), 1, source).astype(int)
    pixels = start[:, None] + np.arange((stop - start).max())
    weights = kernel.curve(np.abs((pixels - centre[:, None] + 0.5) / scale) / kernel.blur)
    weights[pixels >= stop[:, None]] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    return Weights(start, stop, weights.astype(np.float32))


@lru_cache(maxsize=4)
def blurring(sigma: float, source: int) -> Weights:
    """Weights of a Gaussian blur along one side."""
    radius = gaussian_radius(sigma)
    steps = np.arange(-radius, radius + 1)
    curve = np.exp(-(steps**2) / (2 * sigma * sigma))
    pixels = np.clip(np.arange(source)[:, None] + steps, 0, source - 1)
    start = np.maximum(np.arange(source) - radius, 0)
    stop = np.minimum(np.arange(source) + radius + 1, source)
    weights = np.zeros((source, min(2 * radius + 1, source)))
    rows = np.broadcast_to(np.arange(source)[:, None], pixels.shape)
    np.add.at(weights, (rows, pixels - start[:, None]), curve / curve.sum())
    return Weights(start, stop, weights.astype(np.float32))


def gaussian_radius(sigma: float) -> int:
    """As ImageMagick picks it: as far as a 16-bit picture could tell a difference, at most 128."""
    falling, total, radius = 1.0, 1.0, 0
    while radius < 2 or falling / total**2 * _QUANTUM >= 1:
        radius += 1
        falling = math.exp(-(radius**2) / (2 * sigma * sigma))
        total += 2 * falling
    return max(radius - 1, 1)
