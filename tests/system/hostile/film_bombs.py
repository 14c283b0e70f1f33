"""Videos that are small as files, and large to whoever reads them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tests.support import ebml, mp4
from tests.support.ebml import CLUSTER, SEGMENT, TRACK_ENTRY, TRACKS, element
from tests.support.movies import movie, remade
from tests.support.mp4 import TABLE, changed
from tests.support.samples import box
from tests.system.hostile.bombs import deflated_zeros, nested
from tests.system.hostile.good import Named
from tests.system.hostile.pieces import put

_MANY = 1_000_000
_EMPTY_BLOCK = b"\xa3\x85\x81\0\0\0\0"
"""Of one byte in the first track."""


def film_bombs() -> Iterator[Named]:
    """Of every container."""
    yield from _of_mp4()
    yield from _of_fragments()
    yield from _of_webm()
    yield from _of_frames()


def _of_mp4() -> Iterator[Named]:
    film = movie("mp4", "h264", frames=3, size=(32, 16))
    for kind, row in _ROWS.items():
        yield f"mp4 with a million rows in {kind.decode()}", _with_rows(film, kind, row)
    at = film.index(b"stsz") + 8
    yield "mp4 with 2^32 samples of a byte", put(film, at, struct.pack(">II", 1, 2**32 - 1))
    yield "mp4 with 500000 boxes", film + box(b"free", b"") * 500_000
    yield "mp4 with 500000 boxes inside", mp4.with_box(film, (b"moov",), b"udta", _FREE * 500_000)
    yield "mp4 with 20000 tracks", changed(film, (b"moov",), lambda old: old + _TRACK * 20_000)
    yield "mp4 with boxes in boxes", nested(film[:32], b"moov")
    packed = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", 2**30) + deflated_zeros(2**30))
    yield (
        "mov with a packed head of 1 GiB",
        box(b"ftyp", b"qt  ") + box(b"moov", box(b"cmov", packed)),
    )


_FREE = box(b"free", b"")
_TRACK = box(b"trak", b"")
_ROWS = {
    b"stts": struct.pack(">II", 1, 1),
    b"stsc": struct.pack(">III", 1, 1, 1),
    b"stco": struct.pack(">I", 48),
    b"stss": struct.pack(">I", 1),
}


def _with_rows(film: bytes, kind: bytes, row: bytes) -> bytes:
    table = struct.pack(">II", 0, _MANY) + row * _MANY
    return changed(film, (*TABLE, kind), lambda _: table)


def _of_fragments() -> Iterator[Named]:
    film = movie("mp4", "h264", frames=3, size=(32, 16))
    film = remade(film, "mp4", "-c", "copy", "-movflags", "frag_keyframe+empty_moov")
    yield "mp4 of fragments", film
    at = film.index(b"moof") - 4
    end = film.index(b"mfra") - 4
    yield "mp4 of 5000 fragments", film[:at] + film[at:end] * 5000
    run = film.index(b"trun") + 8
    yield "mp4 with 2^32 samples in a fragment", put(film, run, b"\xff" * 4)
    bare = put(film, run - 4, b"\0\0\0\0\xff\xff\xff\xff")
    yield "mp4 with 2^32 samples that nothing is said of", bare


def _of_webm() -> Iterator[Named]:
    film = movie("webm", "vp8", frames=3, size=(32, 16))
    cluster = (SEGMENT, CLUSTER)
    yield "webm with a million blocks", ebml.inserted(film, cluster, _EMPTY_BLOCK * _MANY)
    yield "webm with 880 blocks", ebml.inserted(film, cluster, _EMPTY_BLOCK * 880)
    laced = b"\xa3" + _sized(bytes([0x81, 0, 0, 0x86, 255]) + bytes(256))
    yield "webm with 256 frames in each block", ebml.inserted(film, cluster, laced * 4000)
    yield "webm with a million clusters", ebml.inserted(film, (SEGMENT,), b"\x1fC\xb6u\x80" * _MANY)
    yield "webm with a million empty elements", ebml.inserted(film, (SEGMENT,), b"\xec\x80" * _MANY)
    tracks = (SEGMENT, TRACKS)
    yield "webm with 100000 tracks", ebml.inserted(film, tracks, b"\xae\x80" * 100_000)
    yield (
        "webm with elements in elements",
        film + b"\x18\x53\x80\x67\xff" * 20_000,
    )
    packing = element(0x6240, element(0x5034, element(0x4254, b"\0")))
    packed = ebml.inserted(film, (*tracks, TRACK_ENTRY), element(0x6D80, packing))
    block = element(ebml.SIMPLE_BLOCK, b"\x81\0\0\x80" + deflated_zeros(2**30))
    yield "webm with a block of 1 GiB, packed", ebml.inserted(packed, cluster, block)


def _sized(body: bytes) -> bytes:
    return struct.pack(">H", 0x4000 | len(body)) + body


def _of_frames() -> Iterator[Named]:
    """Bitstreams with larger pictures than their containers tell of."""
    film = movie("webm", "vp8", frames=3, size=(32, 16))
    at = film.index(b"\x9d\x01\x2a") + 3
    for side in (1, 3000, 16383):
        yield f"vp8 of {side}x{side}", put(film, at, struct.pack("<HH", side, side))
    large = movie("mp4", "h264", "-x264-params", "keyint=1", frames=2, size=(3000, 2000))
    small = large.replace(struct.pack(">HH", 3000, 2000), struct.pack(">HH", 30, 20))
    yield "h264 of 3000x2000 that says 30x20", small
