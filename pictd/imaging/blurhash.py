"""Blurhash: a picture's broad colours in some thirty characters (public algorithm of that name)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from pictd.imaging.colour import in_srgb
from pictd.imaging.containers.registry import outline_of
from pictd.imaging.decode import decode

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_LARGEST = 64
_ENOUGH = (2 * _LARGEST, 2 * _LARGEST)
_SHAPES = ((1.2, 3, 3), (1.52, 4, 3), (1.85, 5, 3), (2.25, 6, 3), (2.7, 5, 2), (3.3, 6, 2))
_WIDEST = (7, 2)

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)


def blurhash(image: Image.Image, profile: bytes | None, size: tuple[int, int]) -> str:
    """The blurhash of a plain picture, its transparency left out of account.

    :param size: of the unreduced picture: how many components there are follows its shape.
    """
    across, down = _components(*size)
    pixels = _LINEAR[np.asarray(_reduced(image, profile))]
    rows = _cosines(down, pixels.shape[0])
    columns = _cosines(across, pixels.shape[1])
    factors = np.einsum("jy,ix,yxc->jic", rows, columns, pixels) / (len(pixels) * pixels.shape[1])
    factors = factors.reshape(-1, 3)
    factors[1:] *= 2
    return _digits(across - 1 + (down - 1) * 9, 1) + _text(factors)


def blurhash_of(data: bytes) -> str:
    """The blurhash of a picture file, or of the first frame of an animation.

    :raise Unreadable: broken, or no media.
    :raise Unsupported: media of another kind.
    """
    film = decode(data, outline_of(data), _ENOUGH, first_only=True)
    return blurhash(next(film.frames).image, film.profile, film.size)


def _text(factors: npt.NDArray[np.float64]) -> str:
    """The largest component fits its digit: at most 82, however stark the picture."""
    largest = int(np.clip(np.abs(factors[1:]).max() * 166 - 0.5, 0, 82))
    scaled = factors[1:] / ((largest + 1) / 166)
    steps = np.floor(np.sign(scaled) * np.sqrt(np.abs(scaled)) * 9 + 9.5).clip(0, 18).astype(int)
    mean = [int(level) for level in _to_levels(factors[0])]
    digits = [_digits(int(value), 2) for value in steps @ (361, 19, 1)]
    return (
        _digits(largest, 1) + _digits(mean[0] << 16 | mean[1] << 8 | mean[2], 4) + "".join(digits)
    )


def _components(width: int, height: int) -> tuple[int, int]:
    """(across, down) by shape (spec media §6); a side longer than the other has more."""
    ratio = max(width, height) / min(width, height)
    more, fewer = next(((m, f) for most, m, f in _SHAPES if ratio < most), _WIDEST)
    return (more, fewer) if width >= height else (fewer, more)


def _reduced(image: Image.Image, profile: bytes | None) -> Image.Image:
    size = min(image.width, _LARGEST), min(image.height, _LARGEST)
    small = [each.resize(size, Image.Resampling.BOX, reducing_gap=3.0) for each in _opaque(image)]
    whole = small[0] if len(small) == 1 else Image.merge("RGB", small)
    return in_srgb(whole, profile).convert("RGB")


def _opaque(image: Image.Image) -> Iterator[Image.Image]:
    """The picture without its alpha, which takes a copy: then one channel at a time."""
    if image.mode in ("L", "RGB"):
        yield image
    else:
        yield from (image.getchannel(each) for each in image.getbands() if each != "A")


def _cosines(count: int, length: int) -> npt.NDArray[np.float64]:
    waves: npt.NDArray[np.float64] = np.cos(
        np.pi * np.outer(np.arange(count), np.arange(length) + 0.5) / length
    )
    return waves


def _to_levels(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.int_]:
    value = linear.clip(0, 1)
    curved = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return (curved * 255 + 0.5).astype(int)


def _digits(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**n % 83] for n in reversed(range(length)))
