"""Operations on decoded pictures (spec media §4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from pictd.imaging import resample
from pictd.imaging.decode import Film, Frame, Size
from pictd.imaging.failures import Impossible
from pictd.imaging.geometry import crop_size, fit_area, fit_side, middle
from pictd.model.operations import Blur, Crop, Filter, Operation, Resize, Thumbnail

_LARGER = {Resize: 2.25, Thumbnail: 1.6}
"""How much larger than the result a reduced decode is, at the least (contract B13).

Photographs then stay above 49 dB of what the full decode gives. The worst case is pure noise:
some 40 dB where an eighth was decoded, 34 dB where a quarter.
"""

_GAP = 2.0

_Area = tuple[int, int, int, int]


def least_size(steps: Sequence[Operation], size: Size) -> Size:
    """How small a decoder may make a picture of ``size`` without being seen in the result.

    (0, 0): it must not be reduced at all.
    """
    whole, part = size, size
    for step in steps:
        if isinstance(step, Crop):
            part = crop_size(part, (step.width, step.height))
        elif isinstance(step, Blur):
            return 0, 0
        elif (target := _target(step, part)) != part:
            finer = _LARGER[type(step)]
            width, height = (
                math.ceil(finer * new * all_ / old)
                for new, old, all_ in zip(target, part, whole, strict=True)
            )
            return width, height
    return 0, 0


def transformed(film: Film, steps: Sequence[Operation]) -> Film:
    """The film with every frame changed, as it is asked for.

    :raise Impossible: an operation can't be carried out; known before a frame is decoded.
    """
    size = film.size
    for step in steps:
        size = _size_after(step, size)
    frames = (
        Frame(_changed(frame.image, film.size, film.scale, steps), frame.milliseconds)
        for frame in film.frames
    )
    return Film(size, frames, 1, film.count, film.plays, film.profile, film.tables)


def _size_after(step: Operation, size: Size) -> Size:
    if isinstance(step, Blur):
        if not math.isfinite(step.sigma):
            raise Impossible(f"a picture can't be blurred by {step.sigma}")
        return size
    if isinstance(step, Crop):
        return crop_size(size, (step.width, step.height))
    return _target(step, size)


def _target(step: Thumbnail | Resize, size: Size) -> Size:
    if isinstance(step, Thumbnail):
        return fit_side(size, step.side)
    return fit_area(size, step.size) if step.by_area else fit_side(size, step.size)


def _changed(image: Image.Image, size: Size, scale: int, steps: Sequence[Operation]) -> Image.Image:
    """``size`` is that of the unreduced picture; crops are held back until pixels are needed."""
    area: _Area = (0, 0, *size)
    for step in steps:
        part = area[2] - area[0], area[3] - area[1]
        if isinstance(step, Crop):
            area = _cropped(area, crop_size(part, (step.width, step.height)))
        elif isinstance(step, Blur):
            image, area = _blurred(_cut(image, area), step.sigma), (0, 0, *part)
        elif (target := _target(step, part)) != part:
            image, area = _shrunk(image, area, scale, target, step), (0, 0, *target)
            scale = 1
    return _cut(image, area) if scale == 1 else image


def _cropped(area: _Area, inner: Size) -> _Area:
    left, top = middle((area[2] - area[0], area[3] - area[1]), inner)
    left, top = area[0] + left, area[1] + top
    return left, top, left + inner[0], top + inner[1]


def _cut(image: Image.Image, area: _Area) -> Image.Image:
    return image if area == (0, 0, *image.size) else image.crop(area)


def _blurred(image: Image.Image, sigma: float) -> Image.Image:
    return resample.blur(image, abs(sigma)) if sigma else image


def _shrunk(
    image: Image.Image, area: _Area, scale: int, size: Size, step: Thumbnail | Resize
) -> Image.Image:
    left, top = area[0] / scale, area[1] / scale
    right, bottom = min(area[2] / scale, image.width), min(area[3] / scale, image.height)
    box = (left, top, right, bottom)
    if isinstance(step, Resize):
        return resample.resize(image, box, size, step.filter or Filter.LANCZOS2)
    return image.resize(size, Image.Resampling.HAMMING, box=box, reducing_gap=_GAP)
