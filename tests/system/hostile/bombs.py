"""Pictures that are small as files, and large to whoever reads them."""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from tests.support.heic import heic
from tests.support.jxl import header
from tests.support.samples import animation, box, jxl_boxes, opened, picture, png_with, saved, still
from tests.system.hostile.good import Named
from tests.system.hostile.lies import boxes_sized, gif_sized, jpeg_sized, webp_sized
from tests.system.hostile.pieces import checked

_GIB = 1024**3
_MIB = 1024**2
_DEEP = 20_000
"""Boxes inside boxes."""


def picture_bombs() -> Iterator[Named]:
    """Of every format."""
    yield from _of_png()
    yield from _of_gif()
    yield from _of_webp()
    yield from _of_boxes()
    yield from _of_jxl()
    yield "jpeg with 2000 scans", jpeg_of_scans(2000, 2000, 2000)
    yield "jpeg with 32 MB of comments", b"\xff\xd8" + (b"\xff\xfe\xff\xff" + bytes(65533)) * 500
    yield "jpeg of 65500x65500", jpeg_sized(still("jpeg", 8, 8), 65500, 65500)
    yield "jpeg with 10 MB of fill bytes", b"\xff\xd8" + b"\xff" * 10 * _MIB + b"\xd9"


def _of_png() -> Iterator[Named]:
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
    yield "png with 100000 pieces of pixels", png_with(png, *[(b"IDAT", b"")] * 100_000)
    yield "apng of 5000 frames", apng_of_frames(5000)
    yield "apng of 890 frames", apng_of_frames(890)


def _of_gif() -> Iterator[Named]:
    yield "gif with 6000 frames", gif_of_frames(6000)
    yield "gif with 890 frames", gif_of_frames(890)
    yield "gif of 65535x65535", gif_sized(still("gif", 60, 45), 65535, 65535)
    yield "gif with large frames", gif_of_frames(90, (3000, 3000))
    yield "gif with 890 frames on 1900x1090", gif_sized(gif_of_frames(890), 1900, 1090)
    comments = b"\x21\xfe\1a\0" * 500_000
    yield "gif with 500000 comments", still("gif")[:-1] + comments + b"\x3b"


def _of_webp() -> Iterator[Named]:
    yield "webp with a huge canvas", webp_sized(animation("webp"), 16_777_216, 16_777_216)
    yield "webp with 2000 frames", webp_of_frames(2000)
    yield "webp with 890 frames", webp_of_frames(890)
    yield "webp with 890 frames on 1900x1090", webp_sized(webp_of_frames(890), 1900, 1090)
    chunks = struct.pack("<4sI", b"XMP ", 0) * 500_000
    yield "webp with 500000 chunks", riff(still("webp", 60, 45)[12:] + chunks)


def _of_boxes() -> Iterator[Named]:
    avif = still("avif", 60, 45)
    yield "avif with a huge canvas", boxes_sized(avif, 2**32 - 1, 2**32 - 1)
    yield "avif of 9999x4000", boxes_sized(avif, 9999, 4000)
    for sides in ((9999, 4000), (40_000, 1000), (65535, 65535)):
        yield f"heic of {sides}", boxes_sized(heic(picture(60, 45)), *sides)
    yield "avif with 500000 boxes", avif + box(b"free", b"") * 500_000
    yield "avif with boxes in boxes", nested(avif[:32], b"meta")


def _of_jxl() -> Iterator[Named]:
    plain = still("jxl", 60, 45)
    yield (
        "jxl of 2^30 pixels a side",
        header((1, 1), size=((0, 1), (3, 2), (2**30 - 1, 30), (1, 3))),
    )
    yield "jxl of 6000x6000", saved(Image.new("RGB", (6000, 6000)), "jxl", distance=0, effort=1)
    yield "jxl with 500000 boxes", jxl_boxes((b"jxlc", plain)) + box(b"free", b"") * 500_000
    parts = [(b"jxlp", struct.pack(">I", n) + b"\0") for n in range(100_000)]
    yield "jxl in 100000 parts", jxl_boxes(*parts)
    packed = _brotli(bytes(256 * _MIB))
    for kind in (b"Exif", b"xml ", b"jxlc", b"brob"):
        boxes = ((b"brob", kind + packed), (b"jxlc", plain))
        yield f"jxl with 256 MiB of packed {kind.decode()}", jxl_boxes(*boxes)


def deflated_zeros(size: int) -> bytes:
    """A zlib stream of that many zeros, a multiple of a MiB, without making them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (size % 65521) << 16 | 1
    return b"\x78\xda" + block * (size // _MIB) + b"\x03\0" + struct.pack(">I", check)


def _brotli(data: bytes) -> bytes:
    """Packed by the library that every JPEG XL decoder comes with."""
    room = ctypes.create_string_buffer(_MIB)
    size = ctypes.c_size_t(_MIB)
    pack = ctypes.CDLL("libbrotlienc.so.1").BrotliEncoderCompress
    pack.argtypes = [ctypes.c_int] * 3 + [ctypes.c_size_t] + [ctypes.c_void_p] * 3
    assert pack(1, 22, 0, len(data), data, ctypes.addressof(size), ctypes.addressof(room))
    return room.raw[: size.value]


def png_of_zeros(width: int, height: int) -> bytes:
    """A black picture in few bytes: one bit for each pixel."""
    rows = (1 + (width + 7) // 8) * height
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(min(_MIB, rows - at))) for at in range(0, rows, _MIB))
    return _png_with_pixels(width, height, pixels + packer.flush(), depth=1)


def _png_with_pixels(width: int, height: int, pixels: bytes, depth: int = 8) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(checked(kind, body) for kind, body in chunks)


def apng_of_frames(count: int) -> bytes:
    """An animation of one pixel, again and again."""
    pixel = zlib.compress(b"\0\0")
    made = [
        checked(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        checked(b"acTL", struct.pack(">II", count, 0)),
    ]
    for number in range(count):
        order = max(2 * number - 1, 0)
        shown = struct.pack(">IIIIIHHBB", order, 1, 1, 0, 0, 1, 100, 0, 0)
        picture = struct.pack(">I", order + 1) + pixel if number else pixel
        made += [checked(b"fcTL", shown), checked(b"fdAT" if number else b"IDAT", picture)]
    return b"\x89PNG\r\n\x1a\n" + b"".join([*made, checked(b"IEND", b"")])


def gif_of_frames(count: int, size: tuple[int, int] = (4, 4)) -> bytes:
    """An animation of one frame, again and again."""
    plain = saved(Image.new("P", size), "gif")
    head = 13 + (3 << (plain[10] & 7) + 1 if plain[10] & 0x80 else 0)
    frame = plain[plain.index(b"\x2c", head) : -1]
    return plain[:head] + (b"\x21\xf9\x04\x04\x05\0\0\0" + frame) * count + b"\x3b"


def webp_of_frames(count: int) -> bytes:
    """The same."""
    plain = animation("webp", (50, 50), (16, 16))
    at = plain.index(b"ANMF")
    size = 8 + struct.unpack_from("<I", plain, at + 4)[0]
    return riff(plain[12:at] + plain[at : at + size] * count)


def riff(chunks: bytes) -> bytes:
    """A WebP of these chunks."""
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def nested(start: bytes, kind: bytes) -> bytes:
    """A file that goes on with boxes inside of boxes."""
    sizes = range(8 * _DEEP, 0, -8)
    return start + b"".join(struct.pack(">I4s", size, kind) for size in sizes)


def jpeg_of_scans(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, each over the whole picture."""
    plain = saved(opened(still("jpeg", width, height)), "jpeg", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * min(count, 8 * _MIB // (len(plain) - last)) + b"\xff\xd9"
