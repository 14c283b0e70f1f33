"""Whether a stored MP4 holds nothing but its picture and its sound.

What is allowed is what ffmpeg writes when it copies both into a new file, bit-exact and without
metadata: every box is named here by where it stands, its size is that of what it says, times of
creation are zero, names are ffmpeg's own, and every byte of the data belongs to one sample.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence

import numpy as np

from pictd.imaging.containers.allowed import Rule, exactly, inside, like, rows
from pictd.imaging.containers.isobmff.boxes import Box, Span, box, boxes, full_box, spans
from pictd.imaging.containers.isobmff.mp4_agreement import agree
from pictd.imaging.containers.isobmff.mp4_entries import is_picture_entry, is_sound_entry
from pictd.imaging.containers.isobmff.mp4_tracks import read_movie
from pictd.imaging.containers.isobmff.sample_tables import sample_places
from pictd.imaging.containers.pieces import Data, piece
from pictd.imaging.failures import Unreadable

_ORDER = [b"ftyp", b"moov", b"free", b"mdat"]
_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"avc1", b"av01", b"dby1", b"mp41"}
_UPRIGHT = re.escape(struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))
_MOVIE = rb"\0\x01\0\0\x01\0\0{10}" + _UPRIGHT + rb"\0{27}[\x02\x03]"
_TRACK = (
    rb"(\0{3}[\x02\x03]\0{11}[\x01\x02]\0{4}.{4}"
    rb"|\x01\0\0[\x02\x03]\0{19}[\x01\x02]\0{4}.{8})"
)
_SCALE = rb"(\0[\0-\x0f]|\xff[\xf0-\xff]).."
_TURNED = rb"(%(s)b\0{12}%(s)b|\0{4}%(s)b\0{4}%(s)b\0{4})\0{4}(..\0\0){2}\x40\0{3}" % {b"s": _SCALE}
_EDITS = (
    rb"\0{7}(\x01|\x02.{4}\xff{4}\0\x01\0\0).{8}\0\x01\0\0",
    rb"\x01\0{6}(\x01|\x02.{8}\xff{8}\0\x01\0\0).{16}\0\x01\0\0",
)
_UNDETERMINED = rb"\x55\xc4\0\0"
_NO_FLAGS = bytes(4)
_SELF = struct.pack(">II", 0, 1) + full_box(b"url ", 0, 1)
_NO_TAGS = full_box(
    b"meta", 0, 0, full_box(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9)), box(b"ilst")
)
_is_movie_header = like(rb"\0{12}.{8}" + _MOVIE, rb"\x01\0{19}.{12}" + _MOVIE)
_TABLES: dict[bytes, Rule] = {
    b"stts": rows(8, _NO_FLAGS),
    b"stsc": rows(12, _NO_FLAGS),
    b"stsz": lambda body: rows(4, bytes(8))(body) or (body[:4] == _NO_FLAGS and len(body) == 12),
    b"stco": rows(4, _NO_FLAGS),
    b"co64": rows(8, _NO_FLAGS),
    b"sgpd": rows(2, b"\1\0\0\0roll\0\0\0\2"),
    b"sbgp": rows(8, b"\0\0\0\0roll"),
}
_OF_PICTURES: dict[bytes, Rule] = {
    b"stss": rows(4, _NO_FLAGS),
    b"ctts": rows(8, _NO_FLAGS, b"\1\0\0\0"),
    b"sdtp": like(rb"\0{4}[\x10\x18\x20\x28]*"),
}


def _track(header: Rule, handler: bytes, media: Mapping[bytes, Rule], tables: Rule) -> Rule:
    """:param header: of a ``tkhd`` box.
    :param handler: type and name.
    :param media: the box that only tracks of this type have.
    """
    information = {**media, b"dinf": inside({b"dref": exactly(_SELF)}), b"stbl": tables}
    described: dict[bytes, Rule] = {
        b"mdhd": like(rb"\0{12}.{8}" + _UNDETERMINED, rb"\x01\0{19}.{12}" + _UNDETERMINED),
        b"hdlr": exactly(bytes(8) + handler[:4] + bytes(12) + handler[4:] + b"\0"),
        b"minf": inside(information, list(information)),
    }
    edits = inside({b"elst": like(*_EDITS)})
    parts = {b"tkhd": header, b"edts": edits, b"mdia": inside(described, list(described))}
    return inside(parts, (b"tkhd", b"mdia"))


_TRACKS = (
    _track(
        like(_TRACK + rb"\0{16}" + _TURNED + rb".{8}"),
        b"videVideoHandler",
        {b"vmhd": exactly(b"\0\0\0\1" + bytes(8))},
        inside({b"stsd": is_picture_entry, **_TABLES, **_OF_PICTURES}, (b"stsd", b"stts")),
    ),
    _track(
        like(_TRACK + rb"\0{11}[\0\x01]\x01\0{3}" + _UPRIGHT + rb"\0{8}"),
        b"sounSoundHandler",
        {b"smhd": exactly(bytes(8))},
        inside({b"stsd": is_sound_entry, **_TABLES}, (b"stsd", b"stts")),
    ),
)


def is_clean(data: Data) -> bool:
    """Whether nothing can be hidden in the file but in what decoders read."""
    try:
        found = spans(data)
        return _is_laid_out(data, found) and _is_covered(data, found[-1])
    except (Unreadable, IndexError, ValueError):
        return False


def _is_laid_out(data: Data, found: Sequence[Span]) -> bool:
    if [each.kind for each in found] != _ORDER or found[-1].end != len(data):
        return False
    ftyp, moov, free = (piece(data, each.body, each.end - each.body) for each in found[:-1])
    return _are_brands(ftyp) and not free and _is_header(boxes(moov))


def _are_brands(ftyp: bytes) -> bool:
    named = [ftyp[at : at + 4] for at in range(8, len(ftyp), 4)]
    return ftyp[:8] == b"isom\0\0\2\0" and set(named) <= _BRANDS and len(set(named)) == len(named)


def _is_header(moov: Sequence[Box]) -> bool:
    """A movie header, the picture, the sound if there is one, and an empty list of tags."""
    kinds = b" ".join(each.kind for each in moov)
    tracks = [each.body for each in moov if each.kind == b"trak"]
    return (
        re.fullmatch(rb"mvhd( trak){1,2}( udta)?", kinds) is not None
        and _is_movie_header(moov[0].body)
        and all(rule(body) for rule, body in zip(_TRACKS, tracks, strict=False))
        and all(each.body == _NO_TAGS for each in moov if each.kind == b"udta")
    )


def _is_covered(data: Data, mdat: Span) -> bool:
    """Whether the tables agree, and every byte of the data belongs to exactly one sample."""
    tables = [track.tables for track in read_movie(data).tracks]
    found = [sample_places(each, len(data)) for each in tables]
    if not all(agree(each, len(samples)) for each, samples in zip(tables, found, strict=True)):
        return False
    places = np.concatenate([samples.places for samples in found])
    sizes = np.concatenate([samples.sizes for samples in found])
    order = np.lexsort((sizes, places))
    starts, ends = places[order], (places + sizes)[order]
    borders = np.concatenate([[mdat.body], ends])
    return bool(np.array_equal(borders, np.concatenate([starts, [mdat.end]])))
