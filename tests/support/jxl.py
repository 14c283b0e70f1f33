"""JPEG XL made bit by bit, and read by a decoder that is not ours."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

Field = tuple[int, int]
"""(value, bits)."""

DEFAULT_SIZE = 64, 48
_SIZE = ((1, 1), (5, 5), (3, 3))
"""Of 64x48: a multiple of 8; 8 times 6 rows; 4 to 3."""


def packed(fields: Iterable[Field]) -> bytes:
    """The fields from the lowest bit up, filled with zeros to a whole byte."""
    number = at = 0
    for value, width in fields:
        number |= value << at
        at += width
    return number.to_bytes((at + 7) // 8, "little")


def header(*metadata: Field, size: Iterable[Field] = _SIZE) -> bytes:
    """The beginning of a codestream."""
    return b"\xff\x0a" + packed([*size, *metadata])


def extra_fields(orientation: int = 1, preview: int = 0, moves: int = 0) -> list[Field]:
    """Metadata that are not all default: up to the extra fields."""
    return [(0, 1), (1, 1), (orientation - 1, 3), (0, 1), (preview, 1), (moves, 1)]


def turned(codestream: bytes, orientation: int) -> bytes:
    """A 64x48 codestream with nothing but defaults in its metadata, and now an orientation."""
    assert codestream.startswith(header((1, 1), (1, 1)))
    eight_bits, no_channels, colours_and_tones = (0, 3), (0, 2), (3, 2)
    rest = [eight_bits, (1, 1), no_channels, (1, 1), colours_and_tones, (0, 2), (1, 1)]
    return header(*extra_fields(orientation), *rest) + codestream[4:]


def made_by_ffmpeg(width: int, height: int) -> bytes:
    """A test card as a bare codestream."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={width}x{height}"]
    command += ["-frames:v", "1", "-c:v", "libjxl", "-f", "image2pipe", "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def as_ffmpeg_sees(data: bytes, mode: str, size: tuple[int, int]) -> Image.Image:
    """The picture, upright."""
    layout = {"RGB": "rgb24", "RGBA": "rgba", "L": "gray", "LA": "ya8"}[mode]
    with tempfile.NamedTemporaryFile(suffix=".jxl") as file:
        Path(file.name).write_bytes(data)
        command = ["ffmpeg", "-v", "error", "-i", file.name]
        command += ["-f", "rawvideo", "-pix_fmt", layout, "-"]
        told = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return Image.frombytes(mode, size, told.stdout)
