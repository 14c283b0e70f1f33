"""Moving pictures inside AVIF: the tracks of a ``moov`` box (ISO/IEC 14496-12 §8, 23008-12 §7).

Read: the first picture track, and the one that gives it transparency. Written: the same samples
with their times, in one chunk a track; creation times, languages, names and user data are gone.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import attrs

from pictd.imaging.containers.isobmff.avif_properties import colour_profile, is_alpha, kept_property
from pictd.imaging.containers.isobmff.boxes import Box, box, boxes, first, full_box, required
from pictd.imaging.containers.isobmff.sample_tables import sample_places
from pictd.imaging.containers.pieces import piece
from pictd.imaging.failures import Unreadable, Unsupported

_UNDETERMINED = 0x55C4
_ENTRY = 78
_UPRIGHT = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_INDEFINITE = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@attrs.frozen
class Track:
    """:ivar header, edits, timing, media: boxes as they are written.
    :ivar entry: size of the picture as the sample entry has it, and its properties.
    """

    handler: bytes
    number: int
    size: tuple[int, int]
    header: bytes = attrs.field(repr=False)
    edits: bytes = attrs.field(repr=False)
    references: Sequence[tuple[bytes, int]]
    media: bytes = attrs.field(repr=False)
    entry: bytes = attrs.field(repr=False)
    properties: Sequence[Box]
    timing: bytes = attrs.field(repr=False)
    samples: Sequence[bytes] = attrs.field(repr=False)
    plays: int

    @property
    def profile(self) -> bytes | None:
        """The ICC profile."""
        return next(filter(None, map(colour_profile, self.properties)), None)


def read_tracks(data: bytes, moov: Box) -> tuple[bytes, list[Track]]:
    """(movie header as it is written, tracks: the picture, then its transparency if it has one).

    :raise Unreadable: broken, or a sample is not in the file.
    :raise Unsupported: fragmented.
    """
    found = boxes(moov.body)
    if first(found, b"mvex"):
        raise Unsupported("a fragmented AVIF is not taken")
    tracks = [_read(data, boxes(each.body)) for each in found if each.kind == b"trak"]
    usable = [track for track in tracks if track is not None]
    picture = next((track for track in usable if track.handler == b"pict"), None)
    if picture is None:
        raise Unreadable("the AVIF is broken: it announces motion and has none")
    alpha = [
        t for t in usable if t.handler == b"auxv" and (b"auxl", picture.number) in t.references
    ]
    return _movie_header(required(found, b"mvhd")), [picture, *alpha[:1]]


def write_tracks(header: bytes, tracks: Sequence[Track], places: Sequence[int]) -> bytes:
    """The ``moov`` box.

    :param places: where in the file the samples of each track begin.
    """
    known = {track.number for track in tracks}
    return box(
        b"moov",
        header,
        *(_write(track, known, place) for track, place in zip(tracks, places, strict=True)),
    )


def _read(data: bytes, trak: Sequence[Box]) -> Track | None:
    mdia = boxes(required(trak, b"mdia").body)
    handler = piece(required(mdia, b"hdlr").body, 8, 4)
    if handler not in (b"pict", b"auxv"):
        return None
    stbl = boxes(required(boxes(required(mdia, b"minf").body), b"stbl").body)
    entry = _entry(required(stbl, b"stsd"))
    properties = _entry_properties(entry)
    if handler == b"auxv" and not any(map(is_alpha, properties)):
        return None
    header, edits = required(trak, b"tkhd"), first(trak, b"edts")
    number, width, height = _track_fields(header)
    return Track(
        handler,
        number,
        (width >> 16, height >> 16),
        _without_times(header, 84, 96),
        _edits(edits) if edits else b"",
        _track_references(first(trak, b"tref")),
        _media_header(required(mdia, b"mdhd")),
        entry.body[24:28],
        properties,
        _timing(stbl),
        _samples(data, stbl),
        _plays(header, edits),
    )


def _write(track: Track, known: set[int], place: int) -> bytes:
    references = [box(name, struct.pack(">I", to)) for name, to in track.references if to in known]
    location = full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))
    return box(
        b"trak",
        track.header,
        track.edits,
        box(b"tref", *references) if references else b"",
        box(
            b"mdia",
            track.media,
            full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(13)),
            box(
                b"minf",
                full_box(b"vmhd", 0, 1, bytes(8)),
                box(b"dinf", location),
                _sample_table(track, place),
            ),
        ),
    )


def _sample_table(track: Track, place: int) -> bytes:
    count = len(track.samples)
    entry = box(
        b"av01",
        struct.pack(">6xH16x4sIII", 1, track.entry, 0x480000, 0x480000, 0),
        struct.pack(">H32xHH", 1, 0x18, 0xFFFF),
        *(box(each.kind, each.body) for each in track.properties),
    )
    sizes = struct.pack(f">II{count}I", 0, count, *map(len, track.samples))
    return box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        track.timing,
        full_box(b"stsc", 0, 0, struct.pack(">4I", 1, 1, count, 1)),
        full_box(b"stsz", 0, 0, sizes),
        full_box(b"stco", 0, 0, struct.pack(">II", 1, place)),
    )


def _without_times(header: Box, short: int, long: int) -> bytes:
    """A header box whose first fields, its times of creation and change, are zero."""
    body = piece(header.body, 0, long if header.version else short)
    times = 16 if header.version else 8
    return box(header.kind, body[:4], bytes(times), body[4 + times :])


def _movie_header(mvhd: Box) -> bytes:
    if mvhd.version:
        timescale, duration = mvhd.fields("16xIQ")
        (after,) = mvhd.fields("I", 108)
        times = struct.pack(">16xIQ", timescale, duration)
    else:
        timescale, duration = mvhd.fields("8xII")
        (after,) = mvhd.fields("I", 96)
        times = struct.pack(">8xII", timescale, duration)
    rates = struct.pack(">IH10x", 0x10000, 0x100)
    end = struct.pack(">24xI", after)
    return full_box(b"mvhd", mvhd.version & 1, 0, times, rates, _UPRIGHT, end)


def _media_header(mdhd: Box) -> bytes:
    body = _without_times(mdhd, 24, 36)
    return body[:-4] + struct.pack(">HH", _UNDETERMINED, 0)


def _track_fields(tkhd: Box) -> tuple[int, int, int]:
    """(number, width, height); sides as 16.16 fixed point."""
    (number,) = tkhd.fields("I", 20 if tkhd.version else 12)
    width, height = tkhd.fields("II", 88 if tkhd.version else 76)
    return number, width, height


def _edits(edts: Box) -> bytes:
    elst = required(boxes(edts.body), b"elst")
    (count,) = elst.fields("I")
    size = 8 + count * (20 if elst.version else 12)
    return box(b"edts", box(b"elst", piece(elst.body, 0, size)))


def _plays(tkhd: Box, edts: Box | None) -> int:
    """An edit list that repeats shows the track as often as it fits in its duration."""
    elst = first(boxes(edts.body), b"elst") if edts else None
    if elst is None or not elst.body[3] & 1:
        return 1
    (duration,) = tkhd.fields("Q", 28) if tkhd.version else tkhd.fields("I", 20)
    (segment,) = elst.fields("Q" if elst.version else "I", 8)
    if duration in _INDEFINITE or not segment:
        return 0
    return max(1, -(-duration // segment))


def _track_references(tref: Box | None) -> list[tuple[bytes, int]]:
    return [
        (each.kind, target)
        for each in (boxes(tref.body) if tref else ())
        if each.kind in (b"auxl", b"prem")
        for target in each.fields(f"{len(each.body) // 4}I", 0)
    ]


def _entry(stsd: Box) -> Box:
    entries = boxes(stsd.body, 8)
    if len(entries) != 1 or entries[0].kind != b"av01":
        raise Unsupported("an AVIF whose motion is not plain AV1 is not taken")
    return entries[0]


def _entry_properties(entry: Box) -> list[Box]:
    piece(entry.body, 0, _ENTRY)
    kept = map(kept_property, boxes(entry.body, _ENTRY))
    return [each for each in kept if each is not None]


def _timing(stbl: Sequence[Box]) -> bytes:
    """The tables of times and key frames, without anything after their last row."""
    kept = []
    for kind, row in ((b"stts", 8), (b"ctts", 8), (b"stss", 4)):
        table = first(stbl, kind)
        if table is not None:
            (count,) = table.fields("I")
            kept.append(box(kind, piece(table.body, 0, 8 + count * row)))
    return b"".join(kept)


def _samples(data: bytes, stbl: Sequence[Box]) -> list[bytes]:
    found = sample_places(stbl, len(data))
    if not len(found):
        raise Unreadable("the AVIF is broken: samples of its motion are missing")
    pairs = zip(found.places.tolist(), found.sizes.tolist(), strict=True)
    return [piece(data, at, size) for at, size in pairs]
