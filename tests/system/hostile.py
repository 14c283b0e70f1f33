"""Files that mean harm, or are broken; the same in every run."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.support.heic import heic
from tests.support.jxl import header
from tests.support.samples import (
    animation,
    box,
    gif_with,
    jpeg_with,
    jxl_boxes,
    opened,
    picture,
    png_with,
    saved,
    still,
    webp_with,
)

_GIB = 1024**3
_MIB = 1024**2
_SIDES = ((0, 0), (0, 50), (1, 1), (60, 44), (61, 45), (600, 450), (16383, 16383), (65535, 65535))

Named = tuple[str, bytes]


def corpus() -> Iterator[Named]:
    """(name, file) of all."""
    good = dict(_good())
    for name, data in good.items():
        yield from _cut(name, data)
        yield from _flipped(name, data)
        yield from _longer(name, data)
    yield from _lying(good)
    yield from _polyglots(good)
    yield from _bombs()
    yield from _junk()


def _good() -> Iterator[Named]:
    for fmt in ("jpeg", "png", "webp", "avif", "gif", "jxl"):
        yield f"still.{fmt}", still(fmt, 60, 45)
    yield "boxed.jxl", jxl_boxes((b"jxlc", still("jxl", 60, 45)))
    yield "still.heic", heic(picture(60, 45))
    for fmt in ("gif", "apng", "webp", "avif"):
        yield f"animation.{fmt}", animation(fmt)


def _cut(name: str, data: bytes) -> Iterator[Named]:
    """Ends too early."""
    size = len(data)
    for at in (4, 12, 30, size // 4, size // 2, 3 * size // 4, size - 40, size - 12, size - 1):
        yield f"{name} cut at {at}", data[:at]


def _flipped(name: str, data: bytes) -> Iterator[Named]:
    """Bits fall over: at the beginning, where headers are, and anywhere."""
    chance = random.Random(name)
    for number in range(14):
        made = bytearray(data)
        reach = 120 if number % 2 else len(data)
        for _ in range(1 + number // 4):
            made[chance.randrange(min(reach, len(data)))] ^= 1 << chance.randrange(8)
        yield f"{name} flipped {number}", bytes(made)


def _longer(name: str, data: bytes) -> Iterator[Named]:
    """Something follows the end."""
    yield f"{name} and a script", data + b"<script>alert(1)</script>"
    yield f"{name} and zeros", data + bytes(100_000)
    yield f"{name} and itself", data + data


# Headers that lie


def _lying(good: dict[str, bytes]) -> Iterator[Named]:
    for width, height in _SIDES:
        says = f"says {width}x{height}"
        for fmt in ("png", "apng"):
            name = "still.png" if fmt == "png" else "animation.apng"
            yield f"{name} {says}", png_sized(good[name], width, height)
        yield f"still.jpeg {says}", jpeg_sized(good["still.jpeg"], width, height)
        for name in ("still.gif", "animation.gif"):
            yield f"{name} {says}", _put(good[name], 6, struct.pack("<HH", width, height))
        for name in ("still.webp", "animation.webp"):
            yield f"{name} {says}", webp_sized(good[name], width, height)
        for name in ("still.avif", "animation.avif", "still.heic"):
            yield f"{name} {says}", avif_sized(good[name], width, height)
    png = good["still.png"]
    yield "png with a wrong check sum", _put(png, 29, b"\0\0\0\0")
    yield "png with a long chunk", _put(png, 33, b"\x7f\xff\xff\xff")
    yield "jpeg with a short segment", jpeg_with(good["still.jpeg"], 0xE1, b"")[:4] + b"\0\0"
    yield "avif with a box of 2 bytes", _put(good["still.avif"], 0, struct.pack(">I", 2))
    yield (
        "avif with a box of 2^63 bytes",
        box(b"ftyp", b"avif") + struct.pack(">I4sQ", 1, b"meta", 2**63),
    )
    yield "webp that is longer than it says", _put(good["still.webp"], 4, struct.pack("<I", 12))
    yield "webp that says 4 GB", _put(good["still.webp"], 4, b"\xff\xff\xff\xff")


def _put(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


def png_sized(data: bytes, width: int, height: int) -> bytes:
    """The PNG with another size in its header, and a right check sum."""
    header = struct.pack(">II", width, height) + data[24:29]
    return _put(data, 16, header + struct.pack(">I", zlib.crc32(b"IHDR" + header)))


def jpeg_sized(data: bytes, width: int, height: int) -> bytes:
    """The JPEG with another size in its frame header."""
    return _put(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def webp_sized(data: bytes, width: int, height: int) -> bytes:
    """The WebP with another canvas, or another size of its bitstream."""
    if data[12:16] == b"VP8X":
        sides = (struct.pack("<I", max(side - 1, 0))[:3] for side in (width, height))
        return _put(data, 24, b"".join(sides))
    return _put(data, 26, struct.pack("<HH", width & 0x3FFF, height & 0x3FFF))


def avif_sized(data: bytes, width: int, height: int) -> bytes:
    """The AVIF or HEIC with another size in every ``ispe``, and in the headers of its tracks."""
    at = data.find(b"ispe")
    while at >= 0:
        data = _put(data, at + 8, struct.pack(">II", width, height))
        at = data.find(b"ispe", at + 4)
    at = data.find(b"tkhd")
    return data if at < 0 else _put(data, at + 80, struct.pack(">II", width << 16, height << 16))


# Files that are several things


def _polyglots(good: dict[str, bytes]) -> Iterator[Named]:
    png, jpeg, gif = good["still.png"], good["still.jpeg"], good["still.gif"]
    yield "png in jpeg", jpeg_with(jpeg, 0xE1, png[:60000])
    yield "jpeg after png", png + jpeg
    yield "zip after jpeg", jpeg + b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
    yield "php in a comment of gif", gif_with(gif, b"\x21\xfe\x14<?php system('id');?>\0\0")
    yield "html in png", png_with(png, (b"tEXt", b"Comment\0<html><script>alert(1)</script>"))
    yield "script as webp chunk", webp_with(good["still.webp"], b"SCPT", b"<script>")
    yield "mp4 that says avif", box(b"ftyp", b"avif\0\0\0\0avifmif1isommp42") + good["still.avif"]
    yield "gif that is a script", b"GIF89a=1;alert(1);//" + gif[20:]


def _junk() -> Iterator[Named]:
    chance = random.Random(0)
    yield "nothing", b""
    yield "one byte", b"\0"
    yield "noise", chance.randbytes(50_000)
    yield "text", b"no picture at all\n" * 1000
    yield "html", b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "mvg", b"push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 '/etc/passwd'\n"
    yield "msl", b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>'
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (r) file\n"
    yield "pdf", b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    yield "zip", b"PK\x03\x04" + chance.randbytes(500)
    yield "elf", b"\x7fELF" + chance.randbytes(500)
    yield "playlist", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    for name, start in _STARTS.items():
        yield f"only the start of {name}", start
        yield f"start of {name}, then noise", start + chance.randbytes(3000)


_STARTS = {
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "webp": b"RIFF\xff\xff\0\0WEBPVP8 ",
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    "jxl": b"\xff\x0a",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp42",
    "webm": b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01",
    "bmp": b"BM\x46\0\0\0\0\0\0\0",
    "tiff": b"II*\0\x08\0\0\0",
    "ico": b"\0\0\1\0\1\0",
    "psd": b"8BPS\0\1",
}


# Files that become large


def _bombs() -> Iterator[Named]:
    png = still("png", 60, 45)
    zeros = deflated_zeros(_GIB)
    yield "png of 30000x30000", png_of_zeros(30_000, 30_000)
    yield "png of 6000x6000", png_of_zeros(6000, 6000)
    yield "png of 65535x600", png_of_zeros(65_535, 600)
    yield "png with a profile of 1 GiB", png_with(png, (b"iCCP", b"x\0\0" + zeros))
    yield "png with a text of 1 GiB", png_with(png, (b"zTXt", b"x\0\0" + zeros))
    yield "png with international text of 1 GiB", png_with(png, (b"iTXt", b"x\0\1\0\0\0" + zeros))
    yield "png with pixels of 1 GiB", _png_with_pixels(60, 45, zeros)
    yield "png with 100000 chunks", png_with(png, *[(b"tEXt", b"a\0b")] * 100_000)
    yield "apng that says 2^31 frames", _apng_counting(2**31 - 1)
    yield "gif with 6000 frames", gif_of_frames(6000)
    yield "gif of 65535x65535", _put(still("gif", 60, 45), 6, b"\xff\xff\xff\xff")
    yield "gif with large frames", gif_of_frames(90, (3000, 3000))
    yield "webp with a huge canvas", webp_sized(animation("webp"), 16_777_216, 16_777_216)
    yield "webp with 2000 frames", _webp_of_frames(2000)
    yield "avif with a huge canvas", avif_sized(still("avif", 60, 45), 2**32 - 1, 2**32 - 1)
    yield (
        "jxl of 2^30 pixels a side",
        header((1, 1), size=((0, 1), (3, 2), (2**30 - 1, 30), (1, 3))),
    )
    yield "jxl of 6000x6000", saved(Image.new("RGB", (6000, 6000)), "jxl", distance=0, effort=1)
    yield "jpeg with 2000 scans", jpeg_of_scans(2000, 2000, 2000)
    yield "jpeg with 32 MB of comments", b"\xff\xd8" + (b"\xff\xfe\xff\xff" + bytes(65533)) * 500


def deflated_zeros(size: int) -> bytes:
    """A zlib stream of that many zeros, a multiple of a MiB, without making them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (size % 65521) << 16 | 1
    return b"\x78\xda" + block * (size // _MIB) + b"\x03\0" + struct.pack(">I", check)


def png_of_zeros(width: int, height: int) -> bytes:
    """A black picture in few bytes: one bit for each pixel."""
    rows = (1 + (width + 7) // 8) * height
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(min(_MIB, rows - at))) for at in range(0, rows, _MIB))
    return _png_with_pixels(width, height, pixels + packer.flush(), depth=1)


def _png_with_pixels(width: int, height: int, pixels: bytes, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _apng_counting(count: int) -> bytes:
    data = animation("apng")
    at = data.index(b"acTL") + 4
    body = struct.pack(">II", count, 0)
    return _put(data, at, body + struct.pack(">I", zlib.crc32(b"acTL" + body)))


def gif_of_frames(count: int, size: tuple[int, int] = (4, 4)) -> bytes:
    """An animation of one frame, again and again."""
    plain = saved(Image.new("P", size), "gif")
    head = 13 + (3 << (plain[10] & 7) + 1 if plain[10] & 0x80 else 0)
    frame = plain[plain.index(b"\x2c", head) : -1]
    return plain[:head] + (b"\x21\xf9\x04\x04\x05\0\0\0" + frame) * count + b"\x3b"


def _webp_of_frames(count: int) -> bytes:
    plain = animation("webp", (50, 50), (16, 16))
    at = plain.index(b"ANMF")
    size = 8 + struct.unpack_from("<I", plain, at + 4)[0]
    made = plain[12:at] + plain[at : at + size] * count
    return b"RIFF" + struct.pack("<I", 4 + len(made)) + b"WEBP" + made


def jpeg_of_scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, each over the whole picture."""
    plain = saved(opened(still("jpeg", width, height)), "jpeg", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * min(count, 8 * _MIB // (len(plain) - last)) + b"\xff\xd9"
