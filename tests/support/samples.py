"""Sample pictures, made at run time; the same for the same arguments."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pictd.imaging.jxl import plugin  # noqa: F401 (Pillow then reads and writes JPEG XL)

SECRET = b"Xq7-SECRET-7qX"
CONTAINERS = ("jpeg", "png", "webp", "avif")
STILLS = (*CONTAINERS, "jxl")
MOVING = ("gif", "apng", "webp", "avif")


def picture(width: int = 120, height: int = 90, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """Gradients, edges and some noise: it resizes and compresses as a photograph would."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height, 2)
    waves = [np.sin(9 * x + seed), np.cos(7 * y - seed), np.sin(5 * (x + y) * (1 + seed % 3))]
    levels = 128 + 80 * np.stack(waves, axis=-1) + 30 * ((x * 8 + y * 5).astype(int) % 2)[..., None]
    levels += np.random.default_rng(seed).normal(0, 4, levels.shape)
    image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray((x * 255).clip(0, 255).astype(np.uint8)))
    return image.convert(mode)


def detailed(width: int, height: int, seed: int = 1) -> Image.Image:
    """Fine detail everywhere, so that filters differ in it."""
    y, x = np.mgrid[0:height, 0:width]
    stripes = ((x * x + 3 * y * y) // 37 % 2 * 255).astype(np.uint8)
    coloured = Image.fromarray(np.stack([stripes, 255 - stripes, stripes], axis=-1))
    return Image.blend(picture(width, height, seed), coloured, 0.5)


def saved(image: Image.Image, fmt: str, **options: Any) -> bytes:
    """The picture as a file; ``apng`` is a PNG."""
    out = io.BytesIO()
    image.save(out, "PNG" if fmt == "apng" else fmt.upper(), **options)
    return out.getvalue()


def still(fmt: str, width: int = 120, height: int = 90, **options: Any) -> bytes:
    """A file of one picture; ``seed`` and ``mode`` are those of ``picture``."""
    own = {key: options.pop(key) for key in ("seed", "mode") if key in options}
    return saved(picture(width, height, **own), fmt, **options)


def animation(
    fmt: str,
    times: Sequence[int] = (50, 100, 300),
    size: tuple[int, int] = (60, 45),
    mode: str = "RGB",
    **options: Any,
) -> bytes:
    """Frames that all differ; shown for ever where nothing else is said."""
    frames = [picture(*size, seed, mode) for seed in range(1, len(times) + 1)]
    common = {"save_all": True, "append_images": frames[1:], "duration": list(times)}
    loop = {} if fmt == "avif" else {"loop": 0}
    return saved(frames[0], fmt, **{**common, **loop, **options})


def exif(orientation: int) -> bytes:
    """EXIF with an orientation and a secret."""
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x013B] = SECRET.decode()
    return made.tobytes()


def png_with(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """The PNG with these chunks before its first IDAT."""
    at = data.index(b"IDAT") - 4
    made = [
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return data[:at] + b"".join(made) + data[at:]


def jpeg_with(data: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with this segment at its beginning."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def gif_with(data: bytes, extension: bytes) -> bytes:
    """The GIF with this extension before its first block."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    return data[:at] + extension + data[at:]


def webp_with(data: bytes, kind: bytes, body: bytes) -> bytes:
    """The WebP with this chunk at its end."""
    made = data[12:] + struct.pack("<4sI", kind, len(body)) + body + bytes(len(body) & 1)
    return b"RIFF" + struct.pack("<I", 4 + len(made)) + b"WEBP" + made


def box(kind: bytes, body: bytes) -> bytes:
    """A box of an AVIF, HEIC or JPEG XL."""
    return struct.pack(">I4s", 8 + len(body), kind) + body


def jxl_boxes(*boxes: tuple[bytes, bytes]) -> bytes:
    """A JPEG XL container with these boxes after its type."""
    whole = (b"JXL ", b"\r\n\x87\n"), (b"ftyp", b"jxl \0\0\0\0jxl "), *boxes
    return b"".join(box(*each) for each in whole)


def frames(data: bytes) -> list[tuple[Image.Image, int]]:
    """(picture as RGBA, milliseconds) of every frame, as Pillow reads the file."""
    image = Image.open(io.BytesIO(data))
    found = []
    for position in range(getattr(image, "n_frames", 1)):
        image.seek(position)
        shown = image.convert("RGBA")
        found.append((shown, round(image.info.get("duration", 0))))
    return found


def pixels(data: bytes) -> list[tuple[bytes, int]]:
    """Every frame to the bit, with its time."""
    return [(image.tobytes(), time) for image, time in frames(data)]


def opened(data: bytes) -> Image.Image:
    """The file as Pillow reads it."""
    return Image.open(io.BytesIO(data))


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Decibels; infinite where the pictures are equal."""
    a, b = (np.asarray(image.convert("RGB"), float) for image in (one, other))
    error = float(((a - b) ** 2).mean())
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def swapped_profile() -> bytes:
    """A small ICC profile in which red and green change places: to ignore it is plain to see."""
    bodies = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 8) + b"swapped\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz(0.9642, 1, 0.8249),
        b"rXYZ": _xyz(0.3851, 0.7169, 0.0971),
        b"gXYZ": _xyz(0.4360, 0.2225, 0.0139),
        b"bXYZ": _xyz(0.1431, 0.0606, 0.7139),
        **{name: b"curv" + struct.pack(">4xIH", 1, 563) for name in (b"rTRC", b"gTRC", b"bTRC")},
    }
    start, table, data = 132 + 12 * len(bodies), b"", b""
    for name, body in bodies.items():
        table += name + struct.pack(">II", start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = struct.pack(">I4sI", start + len(data), b"none", 0x02100000) + b"mntrRGB XYZ "
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + b"none" + bytes(24)
    head += struct.pack(">3i", 63190, 65536, 54061) + b"none"
    return head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + data


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(v * 65536)) for v in values)
