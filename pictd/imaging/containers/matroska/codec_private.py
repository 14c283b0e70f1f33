"""What decoders are told before the first frame, where a WebM file could hide words in it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import attrs

from pictd.imaging.containers.pieces import numbers, piece
from pictd.imaging.failures import Unreadable

_SEQUENCE_HEADER, _METADATA = 1, 5
_LONGEST_SEQUENCE_HEADER = 128
_LIGHT_LEVELS = {b"\1": 6, b"\2": 26}
_VP9_MOST = {1: 3, 2: 62, 3: 12, 4: 3}
_OPUS, _OPUS_FAMILY_AT = b"OpusHead\1", 18
_IDENTIFICATION, _COMMENT, _SETUP = b"\1vorbis", b"\3vorbis", b"\5vorbis"
_IDENTIFICATION_SIZE = 30
_VENDOR = re.compile(rb" *|Xiph\.Org libVorbis I \d{8}( \([A-Za-z ]{0,30}\))?|Lav[cf][\d.]*|ffmpeg")
_ENCODER = re.compile(rb"(?i:encoder)=Lav[cf][\d.]*( libvorbis| vorbis)?")


@attrs.frozen
class _Vorbis:
    """The three headers of Vorbis; they come with their sizes before them."""

    sizes: bytes
    identification: bytes
    comment: bytes
    setup: bytes


def is_av1(private: bytes) -> bool:
    """Whether there are but the sequence header, and how bright the picture gets."""
    if len(private) < 4 or private[0] != 0x81 or private[3] & 0xE0:
        return False
    at = 4
    while at < len(private):
        head, size = numbers("BB", private, at)
        if not _is_plain(head, piece(private, at + 2, size)):
            return False
        at += 2 + size
    return True


def is_vp9(private: bytes) -> bool:
    """Whether there are but profile, level, bit depth and chroma, each with its length of one."""
    known = range(0, len(private), 3)
    return len(private) % 3 == 0 and all(
        private[at + 1] == 1 and private[at + 2] <= _VP9_MOST.get(private[at], -1) for at in known
    )


def is_opus(private: bytes) -> bool:
    """Whether there is but the identification header, of the right length."""
    if not private.startswith(_OPUS) or len(private) <= _OPUS_FAMILY_AT:
        return False
    channels, family = private[len(_OPUS)], private[_OPUS_FAMILY_AT]
    return len(private) == (21 + channels if family else 19)


def is_vorbis(private: bytes) -> bool:
    """Whether the comments name but the program that coded the sound."""
    comment = _vorbis(private).comment
    vendor, at = _counted(comment, len(_COMMENT))
    (count,), at = numbers("<I", comment, at), at + 4
    said = []
    for _ in range(min(count, len(comment))):
        text, at = _counted(comment, at)
        said.append(text)
    named = _VENDOR.fullmatch(vendor) and all(_ENCODER.fullmatch(text) for text in said)
    return bool(named) and comment[at:] == b"\1"


def without_comments(private: bytes) -> bytes:
    """Vorbis headers of the same length that say nothing.

    :raise Unreadable: they are no headers of Vorbis.
    """
    held = _vorbis(private)
    room = len(held.comment) - len(_COMMENT) - 9
    if room < 0:
        raise Unreadable("the headers of the sound are broken")
    blank = _COMMENT + struct.pack("<I", room) + b" " * room + struct.pack("<IB", 0, 1)
    return held.sizes + held.identification + blank + held.setup


PLAIN: dict[bytes, Callable[[bytes], bool]] = {
    b"V_AV1": is_av1,
    b"V_VP9": is_vp9,
    b"A_OPUS": is_opus,
    b"A_VORBIS": is_vorbis,
}
"""By the name of the codec in Matroska; VP8 has nothing to tell."""


def _is_plain(head: int, body: bytes) -> bool:
    """Of an open bitstream unit with its size in one byte."""
    if head == _SEQUENCE_HEADER << 3 | 2:
        return len(body) <= _LONGEST_SEQUENCE_HEADER
    return head == _METADATA << 3 | 2 and len(body) == _LIGHT_LEVELS.get(body[:1])


def _vorbis(private: bytes) -> _Vorbis:
    """:raise Unreadable: there are not three headers, or they are too short."""
    at, sizes = 1, [0, 0]
    for index in range(2):
        while piece(private, at, 1) == b"\xff":
            sizes[index], at = sizes[index] + 255, at + 1
        sizes[index], at = sizes[index] + private[at], at + 1
    first = piece(private, at, sizes[0])
    second = piece(private, at + sizes[0], sizes[1])
    held = _Vorbis(private[:at], first, second, private[at + sum(sizes) :])
    starts = (held.identification[:7], held.comment[:7], held.setup[:7])
    if starts != (_IDENTIFICATION, _COMMENT, _SETUP) or len(first) != _IDENTIFICATION_SIZE:
        raise Unreadable("the headers of the sound are broken")
    return held


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their count before them, and where they end."""
    (size,) = numbers("<I", data, at)
    return piece(data, at + 4, size), at + 4 + size
