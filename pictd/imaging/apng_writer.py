"""Writing APNGs frame by frame: Pillow makes each picture, the file around them is made here.

Pillow's own writer keeps all frames until the end, and joins those that are equal.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

from pictd.imaging.containers.png import SIGNATURE, Chunk, chunk, chunks
from pictd.imaging.decode import Film
from pictd.imaging.frames import Change, replacing

_LONGEST = 65535


def write_apng(film: Film, options: Mapping[str, object]) -> bytes:
    """An APNG of the frames of a film; of one frame, a plain PNG.

    :param options: for Pillow's PNG encoder.
    """
    changes = replacing(film.frames)
    first = next(changes)
    picture = _encoded(first, options)
    parts = [SIGNATURE, *(chunk(*each) for each in picture if each[0] not in (b"IDAT", b"IEND"))]
    if film.count > 1:
        parts += [chunk(b"acTL", struct.pack(">II", film.count, film.plays)), _control(first, 0)]
    parts.append(chunk(b"IDAT", _data(picture)))
    for number, change in enumerate(changes):
        parts.append(_control(change, 2 * number + 1))
        data = struct.pack(">I", 2 * number + 2) + _data(_encoded(change, options))
        parts.append(chunk(b"fdAT", data))
    return b"".join([*parts, chunk(b"IEND", b"")])


def _encoded(change: Change, options: Mapping[str, object]) -> list[Chunk]:
    out = io.BytesIO()
    change.image.crop(change.box).save(out, "PNG", **options)
    return list(chunks(out.getvalue()))


def _data(picture: list[Chunk]) -> bytes:
    return b"".join(content for kind, content in picture if kind == b"IDAT")


def _control(change: Change, number: int) -> bytes:
    left, top, right, bottom = change.box
    place = struct.pack(">IIIII", number, right - left, bottom - top, left, top)
    return chunk(b"fcTL", place + struct.pack(">HHBB", *_delay(change.milliseconds), 0, 0))


def _delay(milliseconds: float) -> tuple[int, int]:
    """A time as a fraction of a second."""
    if milliseconds <= _LONGEST:
        return round(milliseconds), 1000
    return min(round(milliseconds / 10), _LONGEST), 100
