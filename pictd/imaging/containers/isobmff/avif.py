"""AVIF (AV1 Image File Format 1.1): a still in a ``meta`` box, a sequence in a ``moov`` box.

A strip reads what makes the picture and writes a new file around it: type, still, motion, data.
So whatever else the old file held, where ever it was, is gone, and the new one depends on nothing
but the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pictd.imaging.containers.isobmff.avif_items import Item, read_items, write_items
from pictd.imaging.containers.isobmff.avif_properties import colour_profile
from pictd.imaging.containers.isobmff.avif_tracks import Track, read_tracks, write_tracks
from pictd.imaging.containers.isobmff.boxes import Box, box, boxes, brands, first, required
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable
from pictd.model.formats import Format

_TURNED = {
    (0, None): 1,
    (1, None): 8,
    (2, None): 3,
    (3, None): 6,
    (0, 0): 4,
    (1, 0): 5,
    (2, 0): 2,
    (3, 0): 7,
    (0, 1): 2,
    (1, 1): 7,
    (2, 1): 4,
    (3, 1): 5,
}
_PROFILE_BRANDS = (b"MA1A", b"MA1B")
_LARGEST = 1 << 32


@attrs.frozen
class _File:
    """:ivar movie: the movie header as it is written; empty for a still."""

    brands: Sequence[bytes]
    items: Sequence[Item]
    movie: bytes
    tracks: Sequence[Track]


def accepts(data: Data) -> bool:
    """Whether the bytes begin as an AVIF does: any brand of it in the type box."""
    return data[4:8] == b"ftyp" and bool({b"avif", b"avis"} & set(brands(data)))


def outline(data: bytes) -> Outline:
    """:raise Unreadable: broken, or cut short."""
    found = _read(data)
    if not found.tracks:
        return _still_outline(found.items[0])
    picture = found.tracks[0]
    frames = len(picture.samples)
    form = Format.ANIMATION_AVIF if frames > 1 else Format.IMAGE_AVIF
    several = frames if frames > 1 else None
    return Outline(form, *picture.size, several, plays=picture.plays, profile=picture.profile)


def strip(data: bytes) -> bytes:
    """The same pictures in a new file.

    :raise Unreadable: broken, or cut short.
    """
    found = _read(data)
    draft = _head(found, [0] * len(found.items), [0] * len(found.tracks))
    layout = _Layout(len(draft) + 8)
    tracks = [layout.add_samples(track.samples) for track in found.tracks]
    places = [layout.add(item.data) for item in found.items]
    if layout.end >= _LARGEST:
        raise Unreadable("the AVIF is too large")
    return _head(found, places, tracks) + box(b"mdat", *layout.parts)


class _Layout:
    """Where data comes to stand; a still that is also the first sample is there only once."""

    def __init__(self, start: int) -> None:
        self.end = start
        self.parts: list[bytes] = []
        self._places: dict[bytes, int] = {}

    def add_samples(self, samples: Sequence[bytes]) -> int:
        """Samples of a track stand one behind the other."""
        start = self.end
        for sample in samples:
            self._append(sample)
        return start

    def add(self, data: bytes) -> int:
        """Where these bytes are, put there if need be."""
        if data not in self._places:
            self._append(data)
        return self._places[data]

    def _append(self, data: bytes) -> None:
        self._places.setdefault(data, self.end)
        self.parts.append(data)
        self.end += len(data)


def _head(found: _File, places: Sequence[int], tracks: Sequence[int]) -> bytes:
    profiles = [brand for brand in _PROFILE_BRANDS if brand in found.brands]
    motion = [b"avis", b"msf1", b"iso8"] if found.tracks else []
    still = [b"avif", b"mif1"] if found.items else []
    named = [*motion, *still, b"miaf", *profiles]
    parts = [box(b"ftyp", named[0], bytes(4), *named)]
    if found.items:
        parts.append(write_items(found.items, places))
    if found.tracks:
        parts.append(write_tracks(found.movie, found.tracks, tracks))
    return b"".join(parts)


def _read(data: bytes) -> _File:
    found, named = boxes(data), brands(data)
    moov, meta = first(found, b"moov"), first(found, b"meta")
    moves = moov is not None and (named[0] == b"avis" or (named[0] != b"avif" and b"avis" in named))
    if moov is None or not moves:
        return _File(named, read_items(data, required(found, b"meta")), b"", ())
    return _File(named, _optional_items(data, meta), *read_tracks(data, moov))


def _optional_items(data: bytes, meta: Box | None) -> Sequence[Item]:
    has_picture = meta is not None and first(boxes(meta.body, 4), b"pitm") is not None
    return read_items(data, meta) if meta is not None and has_picture else ()


def _still_outline(picture: Item) -> Outline:
    extent = picture.property(b"ispe")
    if extent is None:
        raise Unreadable("the AVIF is broken: its picture has no size")
    width, height = extent.fields("II")
    profiles = (colour_profile(each) for _, each in picture.properties)
    return Outline(
        Format.IMAGE_AVIF,
        width,
        height,
        orientation=_orientation(picture),
        oriented_by_container=True,
        profile=next(filter(None, profiles), None),
    )


def _orientation(picture: Item) -> int:
    turn, mirror = picture.property(b"irot"), picture.property(b"imir")
    angle = turn.body[0] & 3 if turn else 0
    return _TURNED[angle, mirror.body[0] & 1 if mirror else None]
