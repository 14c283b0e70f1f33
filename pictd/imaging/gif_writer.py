"""Writing GIFs frame by frame: Pillow makes each picture, the file around them is made here.

Pillow's own writer keeps all frames until the end, and joins those that are equal.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from PIL import Image

from pictd.imaging.containers.gif import first_image, global_table, repetition
from pictd.imaging.decode import Film
from pictd.imaging.frames import Change, covering

_COLOURS = 255
_TRANSPARENT = 255
_KEEP, _CLEAR = 1, 2
_LONGEST = 65535


def write_gif(film: Film) -> bytes:
    """A GIF of the frames of a film, each with a palette of its own."""
    width, height = film.size
    parts = [b"GIF89a", struct.pack("<HHBBB", width, height, 0x70, 0, 0)]
    if film.count > 1:
        parts.append(repetition(_repeats(film.plays)))
    parts += _blocks(film)
    return b"".join([*parts, b";"])


def _repeats(plays: int) -> int | None:
    """A GIF counts how often it is shown again; one that says nothing is shown once."""
    return {0: 0, 1: None}.get(plays, min(plays - 1, _LONGEST))


def _blocks(film: Film) -> Iterator[bytes]:
    shown = 0.0
    for change in covering(film.frames):
        end = shown + change.milliseconds
        yield _control(change, round(end / 10) - round(shown / 10))
        yield _image(change)
        shown = end


def _control(change: Change, hundredths: int) -> bytes:
    flags = (_CLEAR if change.cleared else _KEEP) << 2 | _has_alpha(change)
    delay = min(max(hundredths, 0), _LONGEST)
    return struct.pack("<3sBHBB", b"\x21\xf9\4", flags, delay, _TRANSPARENT, 0)


def _image(change: Change) -> bytes:
    """One image block, with the palette that Pillow put elsewhere moved into it."""
    out = io.BytesIO()
    _paletted(change.image.crop(change.box)).save(out, "GIF", optimize=False, interlace=False)
    block, table = first_image(out.getvalue()), global_table(out.getvalue())
    left, top, right, bottom = change.box
    flags = 0x80 | (len(table) // 3).bit_length() - 2
    place = struct.pack("<BHHHHB", 0x2C, left, top, right - left, bottom - top, flags)
    return place + table + block[10:]


def _has_alpha(change: Change) -> bool:
    return change.image.mode in ("RGBA", "LA")


def _paletted(image: Image.Image) -> Image.Image:
    """Up to 255 colours, dithered where there were more; the last index is transparent."""
    opaque = image.convert("RGB")
    few = opaque.getcolors(_COLOURS)
    palette = opaque.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made = palette if few else opaque.quantize(palette=palette)
    made.putpalette((made.getpalette() or [])[: 3 * _COLOURS] + [0] * 3)
    if image.mode in ("RGBA", "LA"):
        holes = image.getchannel("A").point(lambda level: 255 * (level < 128))
        made.paste(_TRANSPARENT, mask=holes)
    return made
