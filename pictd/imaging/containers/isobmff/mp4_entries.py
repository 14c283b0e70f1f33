"""Sample entries of stored films that hold nothing but how picture and sound are coded.

Sets of parameters are counted and typed, and there is nothing between or behind them. What is
written inside of them is for decoders, as the samples themselves are.
"""

from __future__ import annotations

import re

from pictd.imaging.containers.allowed import Rule, like, only
from pictd.imaging.containers.isobmff.boxes import boxes
from pictd.imaging.containers.pieces import numbers, piece
from pictd.imaging.containers.profiles import sound
from pictd.imaging.failures import Unreadable

_ENCODERS = (b"libx264", b"libx265", b"libaom-av1", b"libsvtav1", b"librav1e")
_COMPRESSORS = b"|".join(
    re.escape((bytes([5 + len(name)]) + b"Lavc " + name).ljust(32, b"\0")) for name in _ENCODERS
)
_PICTURE_HEAD = like(
    rb"\0{7}\x01\0{16}.{4}(\0\x48\0\0){2}\0{5}\x01(\0{32}|" + _COMPRESSORS + rb")\0\x18\xff\xff"
)
_SOUND_HEAD = like(rb"\0{7}\x01\0{9}[^\0]\0\x10\0{4}..\0\0")
_ONE_ENTRY = b"\0\0\0\0\0\0\0\1"
_PICTURE_SIZE, _SOUND_SIZE = 78, 28
_MOST_SETS = 16 << 10
_LONGEST_SOUND_CONFIGURATION = 64
_AAC, _MP3 = (0x40, 0x66, 0x67, 0x68), (0x69, 0x6B)
_HEVC_SETS = (32, 33, 34, 39, 40)
_SEQUENCE_HEADER, _METADATA = 1, 5
_LIGHT = (1, 2)


def _is_avc(body: bytes) -> bool:
    """ISO/IEC 14496-15 §5.3.3.1."""
    sequences, at = _sets(body, 6, body[5] & 0x1F)
    pictures, at = _sets(body, at + 1, body[at])
    extensions: set[int] = set()
    if at < len(body):
        extensions, at = _sets(body, at + 4, piece(body, at, 4)[3])
    types = {each & 0x1F for each in sequences}, {each & 0x1F for each in pictures}
    valid = types == ({7}, {8}) and {each & 0x1F for each in extensions} <= {13}
    return body[0] == 1 and valid and at == len(body) < _MOST_SETS


def _is_hevc(body: bytes) -> bool:
    """ISO/IEC 14496-15 §8.3.3.1: parameter sets, and messages of the encoder."""
    at, valid = 23, body[0] == 1
    for _ in range(piece(body, 22, 1)[0]):
        head, count = numbers(">BH", body, at)
        found, at = _sets(body, at + 3, count)
        kind = head & 0x7F
        valid &= kind in _HEVC_SETS and found <= {kind << 1}
    return valid and at == len(body) < _MOST_SETS


def _sets(body: bytes, at: int, count: int) -> tuple[set[int], int]:
    """(first bytes of units that are headed by their length, where the last one ends)."""
    found = set()
    for _ in range(count):
        (size,) = numbers(">H", body, at)
        found.add(piece(body, at + 2, size)[0])
        at += 2 + size
    return found, at


def _is_av1(body: bytes) -> bool:
    """AV1-ISOBMFF §2.3: a sequence header, and how light the picture is."""
    at, valid = 4, body[0] == 0x81 and len(body) < _MOST_SETS
    while at < len(body):
        head, size, begins = body[at], *_leb128(body, at + 1)
        kind = head >> 3 & 15
        light = kind == _METADATA and piece(body, begins, 1)[0] in _LIGHT
        valid &= head & 0x87 == 2 and (kind == _SEQUENCE_HEADER or light)
        at = begins + len(piece(body, begins, size))
    return valid


def _leb128(body: bytes, at: int) -> tuple[int, int]:
    """(a number, where it ends); of at most four bytes."""
    value = 0
    for n in range(4):
        value |= (body[at + n] & 0x7F) << 7 * n
        if not body[at + n] & 0x80:
            return value, at + n + 1
    raise Unreadable("a length in the film is far too large")


def _is_mpeg(body: bytes) -> bool:
    """ISO/IEC 14496-1 §7.2.6: what ffmpeg writes around AAC's short configuration, and around MP3,
    which has none."""
    track, decoder = body[9:12], piece(body, 17, 13)
    described = decoder
    if decoder[0] not in _MP3:
        described += _descriptor(5, piece(body, 35, len(body) - 41))
    stream = track + _descriptor(4, described) + _descriptor(6, b"\2")
    valid = decoder[0] in (*_AAC, *_MP3) and decoder[1] == 0x15
    valid &= track in (b"\0\1\0", b"\0\2\0")
    valid &= len(body) <= 41 + _LONGEST_SOUND_CONFIGURATION
    return valid and body == bytes(4) + _descriptor(3, stream)


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x80, 0x80, 0x80, len(content) & 0x7F]) + content


def _is_opus(body: bytes) -> bool:
    """Opus in ISOBMFF §4.3.2."""
    mapped = 2 + body[1] if piece(body, 10, 1)[0] else 0
    return body[0] == 0 and len(body) == 11 + mapped


_is_cicp = like(rb"nclx.{6}[\0\x80]")


def _is_profile(body: bytes) -> bool:
    return body[:4] == b"prof" and sound(body[4:]) == body[4:]


_CONFIGURATIONS: dict[bytes, tuple[bytes, Rule]] = {
    **dict.fromkeys((b"avc1", b"avc3"), (b"avcC", _is_avc)),
    **dict.fromkeys((b"hvc1", b"hev1", b"dvh1", b"dvhe"), (b"hvcC", _is_hevc)),
    b"av01": (b"av1C", _is_av1),
    b"vp09": (b"vpcC", like(rb"\x01\0\0\0.{6}\0\0")),
    b"mp4a": (b"esds", _is_mpeg),
    b"Opus": (b"dOps", _is_opus),
}
_OF_SOUND: dict[bytes, Rule] = {b"btrt": like(b".{12}")}
_OF_PICTURES: dict[bytes, Rule] = {
    b"btrt": like(b".{12}"),
    b"pasp": like(b".{8}"),
    b"colr": lambda body: _is_cicp(body) or _is_profile(body),
    b"fiel": like(rb"[\0-\x02][\0\x01\x06\x09\x0e]"),
    b"clli": like(b".{4}"),
    b"mdcv": like(b".{24}"),
    b"amve": like(b".{8}"),
    b"clap": like(b".{32}"),
    b"dvcC": like(rb".{5}\0{19}"),
    b"dvvC": like(rb".{5}\0{19}"),
}


def is_picture_entry(stsd: bytes) -> bool:
    """Whether a sample description is one picture codec's.

    :raise Unreadable: broken.
    """
    return _is_entry(stsd, _PICTURE_HEAD, _PICTURE_SIZE, _OF_PICTURES)


def is_sound_entry(stsd: bytes) -> bool:
    """Whether a sample description is one sound codec's.

    :raise Unreadable: broken.
    """
    return _is_entry(stsd, _SOUND_HEAD, _SOUND_SIZE, _OF_SOUND)


def _is_entry(stsd: bytes, head: Rule, size: int, rules: dict[bytes, Rule]) -> bool:
    entry = boxes(stsd, 8)[0]
    if stsd[:8] != _ONE_ENTRY or len(stsd) != 16 + len(entry.body):
        return False
    name, rule = _CONFIGURATIONS.get(entry.kind, (b"", like()))
    return head(entry.body[:size]) and only(entry.body, size, {**rules, name: rule}, [name])
