"""Secrets in every place where a picture may carry more than itself."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from tests.support import samples
from tests.support.samples import SECRET


def jxl_parts(codestream: bytes) -> list[tuple[bytes, bytes]]:
    """Three boxes that hold it together."""
    cuts = codestream[:9], codestream[9:100], codestream[100:]
    numbers = 0, 1, 2 | 1 << 31
    parts = zip(numbers, cuts, strict=True)
    return [(b"jxlp", struct.pack(">I", number) + part) for number, part in parts]


def hiding_places() -> Mapping[str, tuple[bytes, bytes]]:
    """(a plain file, the same file with a secret in it) by where the secret is."""
    plain = {fmt: samples.still(fmt) for fmt in (*samples.CONTAINERS, "gif")}
    plain |= {f"moving {fmt}": samples.animation(fmt) for fmt in samples.MOVING}
    hidden = {
        f"after a {name}": (data, data + SECRET)
        for name, data in plain.items()
        if "avif" not in name
    }
    for name, places in (("jpeg", in_jpeg), ("png", in_png), ("gif", in_gif), ("webp", in_webp)):
        hidden |= {place: (plain[name], more) for place, more in places(plain[name]).items()}
    for name in ("avif", "moving avif"):
        for kind in (b"free", b"uuid", b"udta", b"skip"):
            more = samples.box(kind, SECRET)
            hidden[f"{name} box {kind!r}"] = plain[name], plain[name] + more
    hidden |= in_jxl(samples.still("jxl"))
    metadata: dict[str, Any] = {
        "exif": samples.exif(1),
        "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>",
    }
    for fmt in ("jpeg", "webp", "avif"):
        hidden[f"{fmt} metadata"] = plain[fmt], samples.still(fmt, **metadata)
    return hidden


def in_jpeg(plain: bytes) -> Mapping[str, bytes]:
    """Every application segment, the comment, and the thumbnail of the JFIF one."""
    found = {
        f"jpeg segment {marker:x}": samples.jpeg_with(plain, marker, SECRET)
        for marker in (*range(0xE0, 0xF0), 0xFE)
    }
    thumbnail = b"JFIF\0\1\2\1\0\x48\0\x48\4\1" + SECRET[:12]
    without = plain[:2] + plain[20:]
    found["jpeg jfif thumbnail"] = plain[:2] + samples.jpeg_with(without, 0xE0, thumbnail)[2:]
    return found


def in_png(plain: bytes) -> Mapping[str, bytes]:
    """Ancillary chunks, known and unknown."""
    kinds = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"pHYs", b"prVt", b"sPLT", b"caNv")
    return {f"png chunk {kind!r}": samples.png_with(plain, (kind, SECRET)) for kind in kinds}


def in_gif(plain: bytes) -> Mapping[str, bytes]:
    """The comment, an application's and a plain text extension."""
    found = {}
    for label in (b"\xfe", b"\xff\x0bPROGRAM 1.0", b"\x01" + b"\x0c" + bytes(12)):
        block = b"\x21" + label + bytes([len(SECRET)]) + SECRET + b"\0"
        found[f"gif extension {label!r}"] = samples.gif_with(plain, block)
    return found


def in_webp(plain: bytes) -> Mapping[str, bytes]:
    """Metadata and unknown chunks."""
    kinds = (b"EXIF", b"XMP ", b"priv")
    return {f"webp chunk {kind!r}": samples.webp_with(plain, kind, SECRET) for kind in kinds}


def in_jxl(codestream: bytes) -> Mapping[str, tuple[bytes, bytes]]:
    """Every box that a container may have, before and after the picture, and what follows it."""
    plain = samples.jxl_boxes((b"jxlc", codestream))
    found = {"after a jxl": (plain, plain + SECRET)}
    for kind in (b"Exif", b"xml ", b"brob", b"jumb", b"jbrd", b"jxli", b"jxll", b"free", b"prVt"):
        more = kind, SECRET
        before = samples.jxl_boxes(more, (b"jxlc", codestream))
        between = samples.jxl_boxes(
            *(each for part in jxl_parts(codestream) for each in (more, part))
        )
        found[f"jxl box {kind!r} before"] = plain, before
        found[f"jxl box {kind!r} between"] = plain, between
        found[f"jxl box {kind!r} after"] = plain, plain + samples.box(*more)
    return found
