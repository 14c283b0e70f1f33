"""Files that are no media that is taken, and files that are several things."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Iterator, Mapping

from PIL import Image

from tests.support.movies import movie, remade
from tests.support.samples import box, gif_with, jpeg_with, picture, png_with, saved, webp_with
from tests.system.hostile.good import Named
from tests.system.hostile.playlists import film_elsewhere, lists_of_files

_OTHER_PICTURES = (
    *("bmp", "tiff", "ico", "pcx", "ppm", "tga", "jpeg2000", "icns", "xbm", "eps", "pdf", "sgi"),
    *("dds", "spider", "im", "blp", "msp", "mpo"),
)
_BLACK_AND_WHITE = ("xbm", "msp")
_OF_PALETTE = ("blp",)
_SOUNDS = {
    "mp3": (),
    "flac": (),
    "wav": (),
    "ogg": ("-c:a", "libvorbis"),
    "opus": (),
    "aac": ("-f", "adts"),
    "ipod": (),
    "aiff": (),
    "au": (),
    "ac3": (),
    "matroska": (),
    "webm": (),
    "mp4": (),
    "mov": (),
}


def foreign() -> Iterator[Named]:
    """Other pictures, sounds, films, archives, documents, scripts, and nothing."""
    yield from lists_of_files()
    yield "film whose samples lie elsewhere", film_elsewhere()
    yield from _pictures()
    yield from _sounds()
    yield from _films()
    yield from _archives()
    yield from _documents()
    chance = random.Random(0)
    for name, start in _STARTS.items():
        yield f"only the start of {name}", start
        yield f"start of {name}, then noise", start + chance.randbytes(3000)
        yield f"start of {name}, then zeros", start + bytes(3000)


def _pictures() -> Iterator[Named]:
    plain = picture(64, 48)
    for name in _OTHER_PICTURES:
        mode = "1" if name in _BLACK_AND_WHITE else "P" if name in _OF_PALETTE else "RGB"
        made = plain.convert("F") if name == "spider" else plain.convert(mode)
        yield f"picture of {name}", saved(made, name)
    pages = {"save_all": True, "append_images": [picture(64, 48, 2), picture(64, 48, 3)]}
    for name in ("tiff", "pdf", "mpo"):
        yield f"pages of {name}", saved(plain, name, **pages)
    yield "icon of a png", saved(Image.new("RGBA", (256, 256)), "ico")
    yield "large tiff", b"II+\0\x08\0\0\0" + bytes(200)


def _sounds() -> Iterator[Named]:
    for name, options in _SOUNDS.items():
        audio = "opus" if name in ("webm", "matroska") else "aac"
        film = movie("mp4", "h264", frames=2, size=(32, 16), audio="aac")
        coded = ("-c:a", "libopus") if audio == "opus" else ()
        muxer = "adts" if name == "aac" else name
        yield f"sound of {name}", remade(film, muxer, "-vn", *coded, *options)
    film = movie("mp4", "h264", frames=2, size=(32, 16), audio="aac")
    cover = ("-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    art = ("-disposition:v", "attached_pic")
    yield "mp3 with a cover", remade(film, "mp3", *cover, *art, "-c:a", "libmp3lame")
    yield "m4a with a cover", remade(film, "ipod", *cover, *art, "-c:a", "copy")
    yield "flac with a cover", remade(film, "flac", *cover, *art)


def _films() -> Iterator[Named]:
    for container, codec in (
        *(("avi", codec) for codec in ("mpeg4", "mjpeg", "h264")),
        *(("mov", codec) for codec in ("mjpeg", "mpeg4")),
        *(("matroska", codec) for codec in ("mjpeg", "mpeg4", "h265")),
        *(("mpegts", codec) for codec in ("h264", "h265")),
        *(("flv", "h264"), ("h264", "h264"), ("hevc", "h265"), ("obu", "av1")),
        *(("ivf", codec) for codec in ("vp8", "vp9", "av1")),
        *(("mp4", "vp9"), ("mp4", "mpeg4"), ("3gp", "h264"), ("asf", "mpeg4"), ("nut", "h264")),
    ):
        yield f"film of {codec} in {container}", movie(container, codec, frames=2, size=(32, 16))
    for container, codec in (("mov", "png"), ("mov", "prores"), ("matroska", "ffv1")):
        film = movie("mp4", "h264", frames=2, size=(32, 16))
        yield f"film of {codec} in {container}", remade(film, container, "-c:v", codec)
    film = movie("mp4", "av1", frames=1, size=(32, 16))
    for brand in (b"avif", b"heic", b"mif1", b"jxl ", b"qt  ", b"M4A ", b"zzzz"):
        yield f"film that says {brand.decode()}", film[:8] + brand + film[12:]


def _archives() -> Iterator[Named]:
    png = saved(picture(16, 16), "png")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.png"), png)
    yield "zip", packed.getvalue()
    yield "zip after a png", png + packed.getvalue()
    rolled = io.BytesIO()
    with tarfile.open(fileobj=rolled, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("a.png")
        member.size = len(png)
        archive.addfile(member, io.BytesIO(png))
    yield "tar", rolled.getvalue()
    yield "gzip", gzip.compress(png, mtime=0)
    yield "7z", b"7z\xbc\xaf\x27\x1c" + bytes(100)
    yield "rar", b"Rar!\x1a\x07\x01\0" + bytes(100)
    yield "xz", b"\xfd7zXZ\0" + bytes(100)


def _documents() -> Iterator[Named]:
    yield "nothing", b""
    yield "one byte", b"\0"
    yield "noise", random.Random(1).randbytes(50_000)
    yield "zeros", bytes(50_000)
    yield "text", b"no picture at all\n" * 1000
    yield "html", b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    yield "script of a shell", b"#!/bin/sh\nid > /tmp/id\n"
    yield "script of php", b"<?php system($_GET['c']); ?>"
    yield "elf", b"\x7fELF" + random.Random(2).randbytes(500)
    yield "program of windows", b"MZ" + bytes(500)
    yield "pdf", b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    yield "flash", b"CWS\x0a" + bytes(500)
    yield "json", b'{"a": [1, 2, 3]}' * 100


_STARTS: Mapping[str, bytes] = {
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "webp": b"RIFF\xff\xff\0\0WEBPVP8 ",
    "avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    "jxl": b"\xff\x0a",
    "boxed jxl": b"\0\0\0\x0cJXL \r\n\x87\n",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp42",
    "mov": b"\0\0\0\x08wide\0\0\0\x64mdat",
    "webm": b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01",
    "bmp": b"BM\x46\0\0\0\0\0\0\0",
    "tiff": b"II*\0\x08\0\0\0",
    "ico": b"\0\0\1\0\1\0",
    "psd": b"8BPS\0\1",
    "avi": b"RIFF\xff\xff\0\0AVI LIST",
    "mpeg": b"\0\0\1\xba\x44\0\4\0",
    "ogg": b"OggS\0\2",
}


def polyglots(good: Mapping[str, bytes]) -> Iterator[Named]:
    """Files that are several things."""
    png, jpeg, gif = good["still.png"], good["still.jpeg"], good["still.gif"]
    film, webm, heic = good["h264.mp4"], good["vp8.webm"], good["still.heic"]
    yield "png in jpeg", jpeg_with(jpeg, 0xE1, png[:60000])
    yield "php in a comment of gif", gif_with(gif, b"\x21\xfe\x15<?php system('id');?>\0")
    yield "html in png", png_with(png, (b"tEXt", b"Comment\0<html><script>alert(1)</script>"))
    yield "script as webp chunk", webp_with(good["still.webp"], b"SCPT", b"<script>")
    yield "mp4 that says avif", box(b"ftyp", b"avif\0\0\0\0avifmif1isommp42") + good["still.avif"]
    yield "heic that says mp4", heic[:8] + b"isom" + heic[12:]
    yield "gif that is a script", b"GIF89a=1;alert(1);//" + gif[20:]
    yield "script in a box of mp4", film + box(b"free", b"<script>alert(1)</script>")
    pairs = {"png": png, "jpeg": jpeg, "gif": gif, "mp4": film, "webm": webm, "heic": heic}
    for one, first in pairs.items():
        for other, second in pairs.items():
            if one != other:
                yield f"{one} and then {other}", first + second
