"""Sizes that operations give: ImageMagick 7's rules (spec media §4.1), in whole numbers."""

from __future__ import annotations

import math

from pictd.imaging.failures import Impossible

Size = tuple[int, int]


def fit_side(size: Size, side: int) -> Size:
    """The size inside a square of ``side``; never larger, each side at least 1, to the nearest."""
    longest = max(size)
    if longest <= side:
        return size
    width, height = (max(1, (2 * each * side + longest) // (2 * longest)) for each in size)
    return width, height


def fit_area(size: Size, area: int) -> Size:
    """The size of about ``area`` pixels; never larger, each side at least 1, to the nearest.

    :raise Impossible: of no pixels at all.
    """
    if area == 0:
        raise Impossible("a picture can't be resized to an area of no pixels")
    if size[0] * size[1] <= area:
        return size
    scale = math.sqrt(area / (size[0] * size[1]))
    width, height = (max(1, math.floor(each * scale + 0.5)) for each in size)
    return width, height


def crop_size(size: Size, ratio: Size) -> Size:
    """The largest size with this ratio; a side that would come out as none stays whole."""
    (width, height), (across, down) = size, ratio
    if across * height >= width * down:
        height = (2 * width * down + across) // (2 * across) or height
    else:
        width = (2 * height * across + down) // (2 * down) or width
    return width, height


def middle(size: Size, inner: Size) -> tuple[int, int]:
    """The offset that centres ``inner``, rounded down."""
    return (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
