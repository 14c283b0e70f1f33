"""Files that tell more than they show: each holds the secret."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import ebml, mp4
from tests.support.ebml import element
from tests.support.heic import heic
from tests.support.hiding import hiding_places
from tests.support.movies import movie, remade
from tests.support.samples import SECRET, box, exif, picture
from tests.system.hostile.good import Named

_TOLD = SECRET.decode()
_OF_WEBM = (0xEC, 0xBF, 0x7BA9, 0x536E, 0x22B59C, 0x258688, 0x1941A469, 0x1043A770, 0x4FFF)
"""Empty room, check sum, title, names, language, attachments, chapters, and nobody knows what."""
_OF_MP4 = (b"uuid", b"udta", b"free", b"skip", b"meta", b"name", b"\xa9xyz", b"chpl", b"XMP_")
_WORDS = ("title", "comment", "artist", "location", "creation_time", "handler_name", "encoder")


def secrets() -> Iterator[Named]:
    """Of every format."""
    for name, (_, hidden) in hiding_places().items():
        yield f"secret: {name}", hidden
    for name, data in _in_heic().items():
        yield f"secret: heic {name}", data
    for container, codec in (
        ("mp4", "h264"),
        ("mov", "h264"),
        ("webm", "vp9"),
        ("matroska", "vp8"),
    ):
        for name, data in _in_film(container, codec).items():
            yield f"secret: {container} {name}", data
    yield from _in_boxes()
    yield from _in_elements()


def _in_heic() -> Mapping[str, bytes]:
    plain = heic(picture(60, 45))
    return {
        "exif": heic(picture(60, 45), exif=exif(1)),
        "xmp": heic(picture(60, 45), xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
        "box": plain + box(b"uuid", SECRET),
        "behind": plain + SECRET,
    }


def _in_film(container: str, codec: str) -> Mapping[str, bytes]:
    """Where ffmpeg itself puts words."""
    plain = movie(container, codec, frames=3, size=(32, 16))
    whole = [part for word in _WORDS for part in ("-metadata", f"{word}={_TOLD}")]
    track = [part for word in _WORDS for part in ("-metadata:s:v:0", f"{word}={_TOLD}")]
    found = {
        "words": remade(plain, container, "-c", "copy", *whole),
        "words of tracks": remade(plain, container, "-c", "copy", *track),
        "chapters": _with_input(plain, container, _CHAPTERS, "-map_chapters", "1", "-c", "copy"),
        "behind": plain + SECRET,
    }
    if container != "webm":
        kind = "mov_text" if container in ("mp4", "mov") else "srt"
        options = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:s", kind)
        found["subtitles"] = _with_input(plain, container, _SUBTITLES, *options)
    return found


_CHAPTERS = f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=100\ntitle={_TOLD}\n"
_SUBTITLES = f"1\n00:00:00,000 --> 00:00:01,000\n{_TOLD}\n"


def _with_input(data: bytes, container: str, text: str, *options: str) -> bytes:
    """The film with what ffmpeg makes of a text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_text(text)
        return remade(data, container, "-i", str(path), *options)


def _in_boxes() -> Iterator[Named]:
    """A box more in every box, one kind after the other, and more at the end of all others."""
    film = movie("mp4", "h264", frames=3, size=(32, 16), audio="aac")
    kinds = itertools.cycle(_OF_MP4)
    for path in mp4.parents(film):
        kind = next(kinds)
        yield f"secret: {kind!r} in mp4 at {path}", mp4.with_box(film, path, kind, SECRET)
    for path in mp4.leaves(film):
        made = mp4.changed(film, path, mp4.followed_by(SECRET))
        yield f"secret: at the end of a box of mp4 at {path}", made
    for kind in _OF_MP4:
        yield f"secret: {kind!r} after mp4", film + box(kind, SECRET)
        yield (
            f"secret: {kind!r} before mp4",
            mp4.moved(film[:32] + box(kind, SECRET) + film[32:], 8 + len(SECRET)),
        )
    first = struct.unpack_from(">I", mp4.body(film, *mp4.TABLE, b"stsz"), 12)[0]
    split = mp4.one_in_a_chunk(movie("mp4", "h264", frames=3, size=(32, 16)))
    gap = mp4.changed(split, (b"mdat",), mp4.inserted(first))
    places = (*mp4.TABLE, b"stco")
    yield (
        "secret: between the samples of mp4",
        mp4.changed(gap, places, mp4.shifted(len(SECRET), 1)),
    )


def _in_elements() -> Iterator[Named]:
    """An element more in every element, one kind after the other."""
    film = movie("webm", "vp8", frames=3, size=(32, 16), audio="vorbis")
    kinds = itertools.cycle(_OF_WEBM)
    parents = (place for place in ebml.places(film) if place.is_parent)
    for number, place in enumerate(parents):
        for kind in itertools.islice(kinds, 2):
            made = place.put(place.body + element(kind, SECRET))
            yield f"secret: {kind:x} in parent {number} of webm", made
    addition = element(ebml.ADDITION, element(0xEE, b"\1"), element(ebml.ADDITIONAL, SECRET))
    block = element(ebml.BLOCK, b"\x81\0\0\0" + ebml.bodies(film, _BLOCKS)[0][4:])
    group = element(ebml.BLOCK_GROUP, block, element(ebml.ADDITIONS, addition))
    yield "secret: with a frame of webm", ebml.inserted(film, _BLOCKS[:2], group)


_BLOCKS = (ebml.SEGMENT, ebml.CLUSTER, ebml.SIMPLE_BLOCK)
