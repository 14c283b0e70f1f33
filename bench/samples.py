"""Pictures and videos to measure with, made at run time.

Those of different numbers have different pixels, so that none is stored already.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy
import pillow_heif
from PIL import Image

Size = tuple[int, int]

LARGE: Size = (4000, 3000)
MEDIUM: Size = (1632, 1224)
# As many pixels as are accepted where nothing else is configured.
HUGE: Size = (8000, 5000)
# Of the noise, on a scale of 0 to 255: with it a picture has the size of a camera's, 3 to 5 MB.
GRAIN = 9.0
# With this a PNG of 40 megapixels is below the 40 MiB that are accepted.
FINE_GRAIN = 0.5
QUALITY = 88
HEIC_QUALITY = 60
# Of an animation: pixels of a frame, and how many colours it has.
SMALL: Size = (320, 240)
ICON: Size = (64, 64)
SCREEN: Size = (960, 720)
COLOURS = 64
FFMPEG = ("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i")


def pixels(number: int, size: Size = LARGE, grain: float = GRAIN) -> Image.Image:
    """Shades and noise."""
    width, height = size
    random = numpy.random.default_rng(number)
    across = numpy.linspace(0, 255, width, dtype=numpy.float32)
    down = numpy.linspace(0, 255, height, dtype=numpy.float32)[:, None]
    shade = (across + down + number * 10) % 256
    noise = random.standard_normal((height, width), dtype=numpy.float32) * grain
    planes = (shade + noise, 255 - shade + noise, (across + noise) + 0 * down)
    return Image.fromarray(numpy.stack(planes, axis=-1).clip(0, 255).astype(numpy.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file."""
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return encoded.getvalue()


def photo(number: int) -> bytes:
    """A JPEG of 12 megapixels, 3 to 5 MB."""
    return saved(pixels(number), "JPEG", quality=QUALITY)


def web_photo(number: int) -> bytes:
    """A JPEG as pages show it, about 200 KB."""
    return saved(pixels(number, SCREEN), "JPEG", quality=QUALITY)


def icon(number: int) -> bytes:
    """A PNG of some 10 KB."""
    return saved(pixels(number, ICON), "PNG")


def png(number: int) -> bytes:
    """A PNG of 2 megapixels, about 4 MB."""
    return saved(pixels(number, MEDIUM), "PNG")


def heic(number: int) -> bytes:
    """A HEIC of 12 megapixels, about 5 MB."""
    encoded = io.BytesIO()
    picture = pillow_heif.from_pillow(pixels(number))
    picture.save(encoded, quality=HEIC_QUALITY, enc_params={"preset": "ultrafast"})
    return encoded.getvalue()


def gif(number: int, frames: int = 20) -> bytes:
    """A GIF that changes everywhere from frame to frame, 0.4 MB."""
    shown = [
        pixels(number * frames + each, SMALL).quantize(COLOURS, dither=Image.Dither.NONE)
        for each in range(frames)
    ]
    options: dict[str, object] = {"duration": 50, "loop": 0}
    return saved(shown[0], "GIF", save_all=True, append_images=shown[1:], **options)


def movie(path: Path, number: int) -> None:
    """An MP4 of five seconds in 720p with sound, about 2 MB."""
    card = f"testsrc2=size=1280x720:rate=30:duration=5,noise=alls=12:allf=t:all_seed={number}"
    sound = ("-f", "lavfi", "-i", "sine=sample_rate=48000:duration=5", "-c:a", "aac")
    picture = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "3M", "-pix_fmt", "yuv420p")
    subprocess.run([*FFMPEG, card, *sound, *picture, "-f", "mp4", str(path)], check=True)


def animation(path: Path, kind: str, frames: int) -> None:
    """A moving test card in which little changes: its frames take far more room than its file.

    :param kind: what ffmpeg calls it: ``gif`` or ``apng``.
    """
    card = f"testsrc=size={SMALL[0]}x{SMALL[1]}:rate=20,trim=end_frame={frames}"
    subprocess.run([*FFMPEG, card, "-f", kind, str(path)], check=True)
