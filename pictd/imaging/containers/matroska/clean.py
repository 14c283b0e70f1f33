"""What a WebM file holds besides its picture and its sound.

What may be there is a list: the elements that ffmpeg writes where it copies the streams and is told
to leave out all metadata, with the values that it gives them. Anything else is a leftover, whatever
it is. ffmpeg itself leaves some: it copies what the file tells the decoder, and what comes with a
frame, without a look at it. Such leftovers can be overwritten in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pictd.imaging.containers.matroska.allowed import HEADER_RULE, Numbered, segment_rule
from pictd.imaging.containers.matroska.codec_private import without_comments
from pictd.imaging.containers.matroska.ebml import Element, Reader
from pictd.imaging.containers.matroska.kinds import Kind
from pictd.imaging.containers.matroska.tracks import MOVING, SOUND, tracks_in
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable

_LONGEST_SIZE = 8
_COMMENTED = b"\2\x1e"
"""The headers of Vorbis: two before the last, and the first has 30 bytes."""


def is_clean(data: Data) -> bool:
    """Whether a WebM file holds nothing but one picture and at most one sound."""
    try:
        return next(leftovers(data), None) is None
    except Unreadable:
        return False


def leftovers(data: Data) -> Iterator[Element]:
    """The elements that must not be there.

    :raise Unreadable: the file is not laid out as one is that can be clean.
    """
    reader = Reader(data)
    parts = reader.few(Element(0, 0, 0, len(data), True))
    if [each.kind for each in parts] != [Kind.EBML, Kind.SEGMENT]:
        raise Unreadable("the file holds more than one video")
    header, segment = parts
    yield from HEADER_RULE(reader, header)
    yield from segment_rule(_numbered(reader, segment), len(data))(reader, segment)


def overwrites(data: Data) -> list[tuple[int, bytes]]:
    """What to write where so that nothing is left over; no place in the file moves.

    :raise Unreadable: the file is not laid out as one is that can be clean.
    """
    return [_overwrite(data, each) for each in leftovers(data)]


def _numbered(reader: Reader, segment: Element) -> Numbered:
    """:raise Unreadable: there is not one picture, or more than one sound."""
    found = (each for each in reader.children(segment) if each.kind == Kind.TRACKS)
    lists = list(islice(found, 2))
    tracks = [track for each in lists for track in tracks_in(reader, each)]
    if len(lists) != 1 or [track.kind for track in tracks] not in ([MOVING], [MOVING, SOUND]):
        raise Unreadable("the file holds other tracks than a picture and a sound")
    alpha = [track.number for track in tracks if track.alpha]
    return Numbered(frozenset(track.number for track in tracks), frozenset(alpha))


def _overwrite(data: Data, element: Element) -> tuple[int, bytes]:
    """The same length of nothing; headers that a decoder needs are kept but for their words."""
    body = data[element.at : element.end]
    if element.kind == Kind.CODEC_PRIVATE and body.startswith(_COMMENTED):
        return element.at, without_comments(body)
    room = element.end - element.start - 1
    width = min(_LONGEST_SIZE, element.at - element.start - 1)
    size = room - width
    void = bytes([Kind.VOID]) + (1 << 7 * width | size).to_bytes(width, "big") + bytes(size)
    return element.start, void
