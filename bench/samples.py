"""Pictures to measure with, made at run time."""

from __future__ import annotations

import io

import numpy
from PIL import Image

WIDTH = 4000
HEIGHT = 3000
# Of the noise, on a scale of 0 to 255: with it a picture has the size of a camera's, 3 to 5 MB.
GRAIN = 9.0
QUALITY = 88


def photo(number: int) -> bytes:
    """A JPEG of 12 megapixels, 3 to 5 MB.

    :param number: pictures of different numbers have different pixels.
    """
    random = numpy.random.default_rng(number)
    across = numpy.linspace(0, 255, WIDTH, dtype=numpy.float32)
    down = numpy.linspace(0, 255, HEIGHT, dtype=numpy.float32)[:, None]
    shade = (across + down + number * 10) % 256
    grain = random.standard_normal((HEIGHT, WIDTH), dtype=numpy.float32) * GRAIN
    planes = (shade + grain, 255 - shade + grain, (across + grain) + 0 * down)
    pixels = numpy.stack(planes, axis=-1).clip(0, 255).astype(numpy.uint8)
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "JPEG", quality=QUALITY)
    return encoded.getvalue()
