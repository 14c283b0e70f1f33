"""HEIC files, by an encoder that pictd itself does without."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

from tests.support.samples import box


def heic(image: Image.Image, **options: Any) -> bytes:
    """A file of one picture."""
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, **{"quality": 90, **options})
    return out.getvalue()


def deep(image: Image.Image) -> bytes:
    """A file of one picture with 10 bits a channel."""
    mode = {"RGB": "RGB;16", "L": "I;16"}[image.mode]
    levels = np.asarray(image).astype("<u2") * 257
    out = io.BytesIO()
    pillow_heif.from_bytes(mode, image.size, levels.tobytes()).save(out, quality=90)
    return out.getvalue()


def burst(images: list[Image.Image], primary: int) -> bytes:
    """Several pictures, of which one is the chosen one."""
    made = pillow_heif.HeifFile()
    for image in images:
        made.add_from_pillow(image)
    out = io.BytesIO()
    made.save(out, quality=90, primary_index=primary)
    return out.getvalue()


def as_others_see(data: bytes) -> Image.Image:
    """The primary picture, upright."""
    return pillow_heif.open_heif(data).to_pillow()


def grid(left: bytes, right: bytes, *more: bytes, coded_size: tuple[int, int]) -> bytes:
    """Two files' pictures side by side as one, with properties of the left one.

    :param coded_size: of each of the two.
    :param more: properties of the whole.
    """
    width, height = coded_size
    layout = struct.pack(">BBBBHH", 0, 0, 0, 1, 2 * width, height)
    parts = [layout, *(_coded(each) for each in (left, right))]
    sizes = b"".join(
        _full(b"ispe", struct.pack(">II", each, height)) for each in (2 * width, width)
    )
    properties = sizes + _property(left, b"hvcC") + _property(left, b"colr") + b"".join(more)

    def head(start: int) -> bytes:
        return box(b"ftyp", b"heic\0\0\0\0mif1heic") + _full(
            b"meta",
            _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + _full(b"pitm", struct.pack(">H", 1))
            + _places(parts, start)
            + _kinds()
            + _full(b"iref", box(b"dimg", struct.pack(">HHHH", 1, 2, 2, 3)))
            + box(b"iprp", box(b"ipco", properties) + _links(len(more))),
        )

    return head(len(head(0)) + 8) + box(b"mdat", b"".join(parts))


def _places(parts: Sequence[bytes], start: int) -> bytes:
    """Where each item lies, from the first on."""
    rows = b""
    for item, part in enumerate(parts, 1):
        rows += struct.pack(">HHHII", item, 0, 1, start, len(part))
        start += len(part)
    return _full(b"iloc", struct.pack(">HH", 0x4400, len(parts)) + rows)


def _kinds() -> bytes:
    """The whole, and its two hidden tiles."""
    kinds = ((1, b"grid", 0), (2, b"hvc1", 1), (3, b"hvc1", 1))
    infos = b"".join(
        box(b"infe", struct.pack(">IHH", 2 << 24 | hidden, item, 0) + kind + b"\0")
        for item, kind, hidden in kinds
    )
    return _full(b"iinf", struct.pack(">H", len(kinds)) + infos)


def _links(more: int) -> bytes:
    """Which properties each item has.

    :param more: how many the whole has for itself.
    """
    of_tile = (2, 0x83, 4)
    links = [(1, (1, 4, *range(5, 5 + more))), (2, of_tile), (3, of_tile)]
    return _full(
        b"ipma",
        struct.pack(">I", len(links))
        + b"".join(struct.pack(f">HB{len(to)}B", item, len(to), *to) for item, to in links),
    )


def _full(kind: bytes, body: bytes) -> bytes:
    return box(kind, bytes(4) + body)


def _coded(data: bytes) -> bytes:
    """What is in the ``mdat`` box, which holds nothing else where there is no metadata."""
    at = data.index(b"mdat")
    size: int = struct.unpack_from(">I", data, at - 4)[0]
    return data[at + 4 : at - 4 + size]


def _property(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind, data.index(b"ipco")) - 4
    size: int = struct.unpack_from(">I", data, at)[0]
    return data[at : at + size]
