"""The elements of a clean WebM file: those that ffmpeg writes, with the values that it gives them.

Numbers have bounds, so that no words can stand in their place. Versions of ffmpeg from 4.4 to 7 are
taken into account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from pictd.imaging.containers.matroska.blocks import track_of
from pictd.imaging.containers.matroska.codec_private import PLAIN
from pictd.imaging.containers.matroska.ebml import Element, Reader
from pictd.imaging.containers.matroska.kinds import Kind
from pictd.imaging.containers.matroska.rules import (
    Rule,
    exactly,
    floating,
    holds,
    short,
    value,
    whole,
    zeros,
)
from pictd.imaging.containers.matroska.tracks import MOVING, SOUND

_LONGEST_TIME, _MOST_TRACKS, _LONGEST_SIDE = 1 << 40, 2, 65535
_TAGS_OF_FFMPEG = {
    b"DURATION": re.compile(rb"\d\d:\d\d:\d\d\.\d{9}\0*"),
    b"ALPHA_MODE": re.compile(rb"1"),
    b"ENCODER": re.compile(
        rb"Lavc[\d.]*( (lib(vpx|vpx-vp9|aom-av1|svtav1|opus|vorbis)|vorbis|opus))?"
    ),
}

_time = whole(_LONGEST_TIME)
_flag = whole(1)
_side = whole(_LONGEST_SIDE)
_code = whole(255)
_track = whole(_MOST_TRACKS, 1)

HEADER_RULE = holds(
    {
        Kind.EBML_VERSION: exactly(b"\1"),
        Kind.EBML_READ_VERSION: exactly(b"\1"),
        Kind.EBML_MAX_ID_LENGTH: exactly(b"\4"),
        Kind.EBML_MAX_SIZE_LENGTH: exactly(b"\x08"),
        Kind.DOC_TYPE: exactly(b"webm"),
        Kind.DOC_TYPE_VERSION: whole(5),
        Kind.DOC_TYPE_READ_VERSION: whole(5),
    }
)

_INFO = holds(
    {
        Kind.SEGMENT_UUID: zeros(),
        Kind.TIMESTAMP_SCALE: exactly((1_000_000).to_bytes(3, "big")),
        Kind.DURATION: floating(_LONGEST_TIME),
        Kind.MUXING_APP: exactly(b"Lavf"),
        Kind.WRITING_APP: exactly(b"Lavf"),
    }
)
_COLOUR = holds(
    {
        **dict.fromkeys(range(Kind.MATRIX_COEFFICIENTS, Kind.PRIMARIES + 1), _code),
        Kind.MAX_CLL: _side,
        Kind.MAX_FALL: _side,
        Kind.MASTERING_METADATA: holds(
            dict.fromkeys(
                range(Kind.PRIMARY_R_CHROMATICITY_X, Kind.LUMINANCE_MIN + 1), floating(100_000)
            )
        ),
    }
)
_PROJECTION = holds(
    {
        Kind.PROJECTION_TYPE: whole(2),
        Kind.PROJECTION_PRIVATE: zeros(),
        Kind.PROJECTION_POSE_YAW: floating(360),
        Kind.PROJECTION_POSE_PITCH: floating(360),
        Kind.PROJECTION_POSE_ROLL: floating(360),
    }
)
_VIDEO = holds(
    {
        Kind.FLAG_INTERLACED: whole(2),
        Kind.FIELD_ORDER: whole(14),
        Kind.STEREO_MODE: whole(14),
        Kind.ALPHA_MODE: _flag,
        Kind.PIXEL_WIDTH: _side,
        Kind.PIXEL_HEIGHT: _side,
        Kind.PIXEL_CROP_BOTTOM: _side,
        Kind.PIXEL_CROP_TOP: _side,
        Kind.PIXEL_CROP_LEFT: _side,
        Kind.PIXEL_CROP_RIGHT: _side,
        Kind.DISPLAY_WIDTH: whole(1 << 32),
        Kind.DISPLAY_HEIGHT: whole(1 << 32),
        Kind.DISPLAY_UNIT: whole(4),
        Kind.COLOUR: _COLOUR,
        Kind.PROJECTION: _PROJECTION,
    }
)
_AUDIO = holds(
    {
        Kind.SAMPLING_FREQUENCY: floating(1_000_000),
        Kind.OUTPUT_SAMPLING_FREQUENCY: floating(1_000_000),
        Kind.CHANNELS: _code,
        Kind.BIT_DEPTH: _code,
    }
)
_ENTRY: dict[int, Rule] = {
    Kind.TRACK_NUMBER: _track,
    Kind.TRACK_UID: _track,
    Kind.TRACK_TYPE: whole(SOUND, MOVING),
    Kind.FLAG_ENABLED: _flag,
    Kind.FLAG_DEFAULT: _flag,
    **dict.fromkeys(range(Kind.FLAG_FORCED, Kind.FLAG_COMMENTARY + 1), _flag),
    Kind.FLAG_LACING: _flag,
    Kind.DEFAULT_DURATION: _time,
    Kind.MAX_BLOCK_ADDITION_ID: _flag,
    Kind.LANGUAGE: exactly(b"und"),
    Kind.CODEC_ID: exactly(b"V_VP8", b"V_VP9", b"V_AV1", b"A_OPUS", b"A_VORBIS"),
    Kind.CODEC_DELAY: _time,
    Kind.SEEK_PRE_ROLL: _time,
    Kind.VIDEO: _VIDEO,
    Kind.AUDIO: _AUDIO,
}
_REFERRED = exactly(
    *(kind.to_bytes(4, "big") for kind in (Kind.INFO, Kind.TRACKS, Kind.TAGS, Kind.CUES))
)


@attrs.frozen
class Numbered:
    """The tracks of a file by their numbers.

    :ivar all: blocks of others are of nothing.
    :ivar alpha: of the picture, where it comes with a second one.
    """

    all: frozenset[int]
    alpha: frozenset[int]


def segment_rule(numbered: Numbered, size: int) -> Rule:
    """Of the Segment.

    :param size: of the file, in bytes; no place in it can be after.
    """
    seek = holds({Kind.SEEK_ID: _REFERRED, Kind.SEEK_POSITION: whole(size)})
    targets = holds({Kind.TAG_TRACK_UID: _track})
    return holds(
        {
            Kind.SEEK_HEAD: holds({Kind.SEEK: seek}),
            Kind.INFO: _INFO,
            Kind.TRACKS: holds({Kind.TRACK_ENTRY: _entry}),
            Kind.CLUSTER: _cluster(numbered),
            Kind.CUES: holds({Kind.CUE_POINT: _cue(whole(size))}),
            Kind.TAGS: holds({Kind.TAG: holds({Kind.TARGETS: targets, Kind.SIMPLE_TAG: _tag})}),
        }
    )


def _cue(place: Rule) -> Rule:
    positions: dict[int, Rule] = {
        Kind.CUE_TRACK: _track,
        Kind.CUE_CLUSTER_POSITION: place,
        Kind.CUE_RELATIVE_POSITION: place,
        Kind.CUE_DURATION: _time,
    }
    return holds({Kind.CUE_TIME: _time, Kind.CUE_TRACK_POSITIONS: holds(positions)})


def _entry(reader: Reader, entry: Element) -> Iterable[Element]:
    """What a decoder is told depends on the codec."""
    codec = reader.text(reader.last(entry).get(Kind.CODEC_ID))
    private = value(PLAIN.get(codec, _is_empty))
    return holds({**_ENTRY, Kind.CODEC_PRIVATE: private})(reader, entry)


def _is_empty(body: bytes) -> bool:
    return not body


def _tag(reader: Reader, tag: Element) -> Iterable[Element]:
    """One that ffmpeg can't be told not to write."""
    parts = [(each.kind, reader.body(each)) for each in reader.few(tag)]
    said = dict(parts)
    expected = _TAGS_OF_FFMPEG.get(said.get(Kind.TAG_NAME, b""))
    plain = [kind for kind, _ in parts] == [Kind.TAG_NAME, Kind.TAG_STRING]
    if not plain or expected is None or not expected.fullmatch(said[Kind.TAG_STRING]):
        yield tag


def _cluster(numbered: Numbered) -> Rule:
    """Blocks of the tracks; a second picture only with those of a picture that has one."""

    def block(reader: Reader, element: Element) -> Iterable[Element]:
        number, at = track_of(reader.data, element)
        if number not in numbered.all or reader.data[at + 2] & _NO_FLAGS:
            yield element

    def group(reader: Reader, element: Element) -> Iterable[Element]:
        main = reader.last(element).get(Kind.BLOCK)
        with_second = main is not None and track_of(reader.data, main)[0] in numbered.alpha
        return (second_too if with_second else alone)(reader, element)

    parts: dict[int, Rule] = {
        Kind.BLOCK: block,
        Kind.BLOCK_DURATION: _time,
        Kind.REFERENCE_BLOCK: short(4),
        Kind.DISCARD_PADDING: short(5),
    }
    alone, second_too = holds(parts), holds({**parts, Kind.BLOCK_ADDITIONS: _SECOND_PICTURE})
    return holds(
        {Kind.TIMESTAMP: _time, Kind.SIMPLE_BLOCK: block, Kind.BLOCK_GROUP: group},
    )


def _frame(_: Reader, __: Element) -> Iterable[Element]:
    return ()


_SECOND_PICTURE = holds(
    {Kind.BLOCK_MORE: holds({Kind.BLOCK_ADD_ID: exactly(b"\1"), Kind.BLOCK_ADDITIONAL: _frame})}
)
_NO_FLAGS = 0b0111_0110
"""Of a block: lacing, and bits that have no meaning."""
