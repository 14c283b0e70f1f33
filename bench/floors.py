"""What the same work costs at the least: one warm process, no server, no safety."""

from __future__ import annotations

import hashlib
import io
import math
import os
from pathlib import Path

import numpy
import pi_heif
from PIL import Image
from wand.image import Image as WandImage

from pictd.imaging.quality import options
from pictd.model.formats import Format

# As a child of pictd's decodes: in one thread, and nothing but the picture.
pi_heif.register_heif_opener(
    thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
)

# A resize takes from a decode at least this much larger than its result: one of a smaller decode
# would show a difference from the resize of the whole picture (above 38 dB).
DETAIL = 2.25


def take_in(picture: bytes, folder: Path) -> None:
    """An upload: look at it decoded, a JPEG at an eighth, hash it, write it so that it lasts."""
    with Image.open(io.BytesIO(picture)) as image:
        image.draft("RGB", (image.width // 8, image.height // 8))
        image.load()
    target = folder / hashlib.sha256(picture).hexdigest()
    with target.open("wb") as file:
        file.write(picture)
        file.flush()
        os.fsync(file.fileno())


def convert(picture: bytes) -> bytes:
    """A HEIC as a JPEG."""
    with Image.open(io.BytesIO(picture)) as image:
        return encode(image, "JPEG", **options(Format.IMAGE_JPEG, None))


def fitted(image: Image.Image, side: int) -> tuple[int, int]:
    """The size of a picture once it fits a square of that side."""
    scale = side / max(image.size)
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def thumbnail(path: Path, side: int) -> bytes:
    """A WebP that fits a square: decoded small, averaged over boxes."""
    with Image.open(path) as image:
        image.draft("RGB", fitted(image, side))
        image.thumbnail((side, side), Image.Resampling.BOX)
        return encode(image, "WEBP")


def resize(path: Path, side: int) -> bytes:
    """A JPEG that fits a square: decoded small, resized with ImageMagick's Lanczos2."""
    with Image.open(path) as image:
        size = fitted(image, side)
        image.draft("RGB", fitted(image, math.ceil(side * DETAIL)))
        with WandImage.from_array(numpy.asarray(image)) as reduced:
            reduced.resize(*size, filter="lanczos2")
            reduced.format = "jpeg"
            return bytes(reduced.make_blob() or b"")


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file, with the encoder's own settings where none are given."""
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return encoded.getvalue()
