"""The tracks that the header of an MP4 or QuickTime film describes (ISO/IEC 14496-12 §8)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pictd.imaging.containers.isobmff.boxes import Box, Span, boxes, first, required, spans
from pictd.imaging.containers.isobmff.mp4_codecs import ENCRYPTED, is_picture
from pictd.imaging.containers.pieces import Data, piece
from pictd.imaging.failures import Unreadable, Unsupported

_LARGEST_HEADER = 64 << 20
_MOST_TRACKS = 1000


@attrs.frozen
class Track:
    """:ivar entry: the first sample entry; of type ``\\0\\0\\0\\0`` where there is none.
    :ivar tables: the boxes of the sample table.
    :ivar chapters: numbers of the tracks that name or picture this one's chapters.
    """

    number: int
    handler: bytes
    entry: Box
    tables: Sequence[Box] = attrs.field(repr=False)
    chapters: Sequence[int]

    @property
    def is_sound(self) -> bool:
        """Whether this is a track of sound."""
        return self.handler == b"soun"

    @property
    def is_picture(self) -> bool:
        """Whether players, and ffmpeg, take this for a track of moving pictures."""
        return self.handler == b"vide" or (not self.is_sound and is_picture(self.entry.kind))

    @property
    def is_encrypted(self) -> bool:
        """Whether its samples can't be read without a key."""
        return self.entry.kind in ENCRYPTED


@attrs.frozen
class Movie:
    """:ivar fragments: where there may be samples outside the header: the size of a sample that
    does not tell its own, by track.
    """

    tracks: Sequence[Track]
    fragments: dict[int, int] | None

    @property
    def pictures(self) -> Sequence[Track]:
        """Tracks of moving pictures in their order, without the thumbnails of chapters."""
        chapters = {number for track in self.tracks for number in track.chapters}
        return [t for t in self.tracks if t.is_picture and t.number not in chapters]

    @property
    def sounds(self) -> Sequence[Track]:
        """Tracks of sound in their order."""
        return [track for track in self.tracks if track.is_sound]


def read_movie(data: Data) -> Movie:
    """:raise Unreadable: there is no header, or it is broken.
    :raise Unsupported: the header is compressed.
    """
    span = next((each for each in spans(data) if each.kind == b"moov"), None)
    if span is None:
        raise Unreadable("the film is broken, or cut short: it has no header")
    found = boxes(header(data, span))
    if first(found, b"cmov"):
        raise Unsupported("a QuickTime film with a compressed header is not taken")
    traks = [each for each in found if each.kind == b"trak"]
    if len(traks) > _MOST_TRACKS:
        raise Unreadable("the film has far too many tracks")
    extends = first(found, b"mvex")
    tracks = [_track(boxes(each.body)) for each in traks]
    return Movie(tracks, _defaults(extends) if extends else None)


def header(data: Data, span: Span) -> bytes:
    """The body of a box that describes samples.

    :raise Unreadable: it is cut short, or far too large.
    """
    size = span.end - span.body
    if size > _LARGEST_HEADER:
        raise Unreadable("the film is broken: its header is far too large")
    return piece(data, span.body, size)


def _track(trak: Sequence[Box]) -> Track:
    tkhd, mdia = required(trak, b"tkhd"), boxes(required(trak, b"mdia").body)
    tables = boxes(required(boxes(required(mdia, b"minf").body), b"stbl").body)
    return Track(
        tkhd.fields("I", 20 if tkhd.version else 12)[0],
        piece(required(mdia, b"hdlr").body, 8, 4),
        _entry(required(tables, b"stsd").body),
        tables,
        _chapters(first(trak, b"tref")),
    )


def _entry(stsd: bytes) -> Box:
    for each in spans(stsd, 8):
        return Box(each.kind, piece(stsd, each.body, each.end - each.body))
    return Box(bytes(4), b"")


def _chapters(tref: Box | None) -> Sequence[int]:
    found = first(boxes(tref.body), b"chap") if tref else None
    return found.fields(f"{len(found.body) // 4}I", 0) if found else ()


def _defaults(mvex: Box) -> dict[int, int]:
    rows = (each for each in boxes(mvex.body) if each.kind == b"trex")
    return {row.fields("I")[0]: row.fields("I", 16)[0] for row in rows}
