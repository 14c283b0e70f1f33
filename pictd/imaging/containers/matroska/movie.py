"""Matroska and WebM (RFC 9559): tracks, and blocks of them in Clusters."""

from __future__ import annotations

from pictd.imaging.containers.matroska import clean
from pictd.imaging.containers.matroska.blocks import blocks, frames_of, parts, track_of
from pictd.imaging.containers.matroska.ebml import ENDLESS, Element, Reader
from pictd.imaging.containers.matroska.kinds import Kind
from pictd.imaging.containers.matroska.tracks import (
    MOVING,
    SOUND,
    VIDEO_CODECS,
    Track,
    left_out,
    tracks_in,
)
from pictd.imaging.containers.matroska.vpx import SHOWN, Packet, one
from pictd.imaging.containers.outline import Outline
from pictd.imaging.containers.pieces import Data
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.streams import Container, Streams

_MAGIC = Kind.EBML.to_bytes(4, "big")
_DOCTYPES = (b"webm", b"matroska")
_LONGEST_HEADER = 4096


def accepts(data: Data) -> bool:
    """Whether the bytes begin as a Matroska or WebM file does."""
    if data[:4] != _MAGIC:
        return False
    try:
        reader = Reader(data)
        header = reader.element(0, _LONGEST_HEADER)
        return reader.text(reader.last(header).get(Kind.DOC_TYPE)) in _DOCTYPES
    except Unreadable:
        return False


def outline(data: Data) -> Outline:
    """Frames are those that are shown: a codec may keep others to draw upon.

    :raise Unreadable: broken, or without a frame.
    :raise Unsupported: the picture is coded in a way that is not taken, or there is none.
    """
    reader = Reader(data)
    segment = _segment(reader)
    tracks = _tracks(reader, segment)
    picture = _picture(tracks)
    frames = _frames(reader, segment, picture)
    if not frames:
        raise Unreadable("the video holds no picture")
    streams = _streams(tracks, picture)
    shown = None if frames == 1 else frames
    return Outline(streams.format, picture.width, picture.height, shown, streams=streams)


def is_clean(data: Data) -> bool:
    """Whether a WebM file holds nothing but one picture and at most one sound."""
    return clean.is_clean(data)


def _segment(reader: Reader) -> Element:
    """The first Segment: others may follow, and are not looked at."""
    header = reader.element(0, ENDLESS)
    at = header.end
    while at < len(reader.data):
        each = reader.element(at, ENDLESS)
        if each.kind == Kind.SEGMENT:
            return each
        at = each.end
    raise Unreadable("the video holds nothing")


def _tracks(reader: Reader, segment: Element) -> list[Track]:
    """What the first list of tracks says."""
    for each in parts(reader, segment, into_clusters=False):
        if each.kind == Kind.TRACKS:
            return tracks_in(reader, each)
    raise Unreadable("the video says nothing of its tracks")


def _picture(tracks: list[Track]) -> Track:
    """The first track of moving pictures that are taken."""
    moving = [track for track in tracks if track.kind == MOVING]
    for track in moving:
        if track.video is not None:
            return track
    if moving:
        name = moving[0].codec.decode("ascii", "replace")[:40]
        raise Unsupported(f"video of the codec {name} is not taken")
    raise Unsupported("a file of sound alone is not taken")


def _streams(tracks: list[Track], picture: Track) -> Streams:
    """The first sound comes with the picture."""
    moving = [track for track in tracks if track.kind == MOVING]
    sound = next((track for track in tracks if track.kind == SOUND), None)
    video = VIDEO_CODECS[picture.codec]
    return Streams(
        Container.MATROSKA,
        video,
        moving.index(picture),
        sound is not None,
        None if sound is None else sound.audio,
        picture.alpha and video in SHOWN,
    )


def _frames(reader: Reader, segment: Element, picture: Track) -> int:
    """How many frames of the picture are shown."""
    data, before = reader.data, left_out(reader, picture)
    shown = SHOWN.get(VIDEO_CODECS[picture.codec], one)
    count = 0
    for block in blocks(reader, segment):
        number, at = track_of(data, block)
        if number == picture.number:
            frames = frames_of(reader, block, at)
            count += sum(shown(Packet(data, at, end, before)) for at, end in frames)
    return count
