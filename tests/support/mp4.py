"""Boxes of an MP4 changed by hand, with all sizes and offsets put right again."""

from __future__ import annotations

import pathlib
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from tempfile import TemporaryDirectory

from tests.support import movies
from tests.support.samples import SECRET, box

STORE = (
    *("-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1"),
    *("-map_metadata:s", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
    *("-flags:v", "+bitexact", "-flags:a", "+bitexact", "-movflags", "+faststart"),
)
TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_HEADS = {b"stsd": 8, b"meta": 4, b"mp4a": 28, b"Opus": 28}
_PICTURES = (b"avc1", b"hev1", b"hvc1", b"av01", b"vp09")
_HEADS |= dict.fromkeys(_PICTURES, 78)
_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", *_HEADS}

Change = Callable[[bytes], bytes]
Path = Sequence[bytes | int]
"""Which box on each level: the first of a type, or the one at a position."""


def stored(data: bytes, *options: str) -> bytes:
    """The video as it is stored: copied without anything else."""
    return movies.remade(data, "mp4", *STORE, *options)


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of each."""
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + size]
        at += size


def body(data: bytes, *path: bytes) -> bytes:
    """Of the first box on this path."""
    head, *rest = path
    found = next(body for kind, body in boxes(data) if kind == head)
    return body_of(found, head, rest) if rest else found


def body_of(found: bytes, kind: bytes, rest: Sequence[bytes]) -> bytes:
    """Of the first box on the rest of a path, inside the body of a box of this type."""
    return body(found[_HEADS.get(kind, 0) :], *rest)


def changed(data: bytes, path: Path, change: Change) -> bytes:
    """The file with another body in the first box on this path; chunks are found again."""
    made = _changed(data, path, change)
    return moved(made, _data_place(made) - _data_place(data))


def with_box(data: bytes, parent: Path, kind: bytes, content: bytes) -> bytes:
    """The file with one more box at the end of the first one on this path."""
    return changed(data, parent, lambda found: found + box(kind, content))


def moved(data: bytes, by: int) -> bytes:
    """The file with these bytes added to every place of a chunk."""
    made = b""
    for kind, found in boxes(data):
        made += box(kind, _moved(found, kind, by))
    return made


def parents(data: bytes) -> Iterator[Path]:
    """Where all boxes are that hold boxes."""
    return (path for path, kind in _places(data) if kind in _PARENTS)


def leaves(data: bytes) -> Iterator[Path]:
    """Where all other boxes are, without the one that holds the samples."""
    return (path for path, kind in _places(data) if kind not in _PARENTS and kind != b"mdat")


def turned(data: bytes, a: int, b: int, c: int, d: int, x: int, y: int) -> bytes:
    """The film with this matrix in its first track."""
    values = (a << 16, b << 16, 0, c << 16, d << 16, 0, x << 16, y << 16, 1 << 30)
    matrix = struct.pack(">9i", *values)
    return changed(data, (b"moov", b"trak", b"tkhd"), overwritten(40, matrix))


def overwritten(at: int, new: bytes) -> Callable[[bytes], bytes]:
    """A change of some bytes."""
    return lambda found: found[:at] + new + found[at + len(new) :]


def with_row(row: bytes, at: int = 4) -> Callable[[bytes], bytes]:
    """A change of a table: one more row, and counted."""

    def change(found: bytes) -> bytes:
        (count,) = struct.unpack(">I", found[at : at + 4])
        return found[:at] + struct.pack(">I", count + 1) + found[at + 4 :] + row

    return change


def followed_by(more: bytes) -> Callable[[bytes], bytes]:
    """A change at the end."""
    return lambda found: found + more


def shifted(by: int, first: int = 0) -> Callable[[bytes], bytes]:
    """A change of a table of places, from this one on."""

    def change(found: bytes) -> bytes:
        places = [place for (place,) in struct.iter_unpack(">I", found[8:])]
        moved = [place + by * (n >= first) for n, place in enumerate(places)]
        return found[:8] + struct.pack(f">{len(moved)}I", *moved)

    return change


def inserted(at: int) -> Callable[[bytes], bytes]:
    """A change that puts a secret somewhere."""
    return lambda found: found[:at] + SECRET + found[at:]


def one_in_a_chunk(data: bytes) -> bytes:
    """The film of one chunk, in as many chunks as its first track has samples."""
    sizes = sizes_in(data)
    start = data.index(b"mdat") + 4
    places = [start + sum(sizes[:n]) for n in range(len(sizes))]
    table = struct.pack(f">II{len(places)}I", 0, len(places), *places)
    data = changed(data, (*TABLE, b"stsc"), lambda _: struct.pack(">5I", 0, 1, 1, 1, 1))
    return changed(data, (*TABLE, b"stco"), lambda _: table)


def sizes_in(data: bytes) -> Sequence[int]:
    """Of the samples of the first track."""
    return [size for (size,) in struct.iter_unpack(">I", body(data, *TABLE, b"stsz")[12:])]


def joined(*films: bytes) -> bytes:
    """All tracks of these films in one QuickTime file."""
    with TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / str(n) for n in range(len(films))]
        for path, film in zip(paths, films, strict=True):
            path.write_bytes(film)
        inputs = [part for path in paths for part in ("-i", str(path))]
        maps = [part for n in range(len(films)) for part in ("-map", str(n))]
        made = pathlib.Path(folder) / "made.mov"
        command = ["ffmpeg", "-nostdin", "-v", "error", *inputs, *maps, "-c", "copy", str(made)]
        subprocess.run(command, check=True, timeout=60)
        return made.read_bytes()


def _places(data: bytes, above: tuple[int, ...] = ()) -> Iterator[tuple[Path, bytes]]:
    for n, (kind, found) in enumerate(boxes(data)):
        yield (*above, n), kind
        if kind in _PARENTS:
            yield from _places(found[_HEADS.get(kind, 0) :], (*above, n))


def _data_place(data: bytes) -> int:
    at = 0
    for kind, found in boxes(data):
        if kind == b"mdat":
            return at
        at += 8 + len(found)
    return 0


def _changed(data: bytes, path: Path, change: Change) -> bytes:
    head, *rest = path
    made, done = b"", False
    for n, (kind, found) in enumerate(boxes(data)):
        if head in (n, kind) and not done:
            done = True
            at = _HEADS.get(kind, 0)
            found = found[:at] + _changed(found[at:], rest, change) if rest else change(found)
        made += box(kind, found)
    if not done:
        raise AssertionError(f"there is no {head!r}")
    return made


def _moved(found: bytes, kind: bytes, by: int) -> bytes:
    if kind == b"stco":
        (count,) = struct.unpack(">I", found[4:8])
        places = struct.unpack(f">{count}I", found[8 : 8 + 4 * count])
        shifted = struct.pack(f">{count}I", *(place + by for place in places))
        return found[:8] + shifted + found[8 + 4 * count :]
    if kind not in TABLE:
        return found
    return b"".join(box(each, _moved(inner, each, by)) for each, inner in boxes(found))
