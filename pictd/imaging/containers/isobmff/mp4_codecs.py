"""What the sample entries of films are called, and how pictd and people call it."""

from __future__ import annotations

from pictd.imaging.containers.isobmff.boxes import Box, Span, spans
from pictd.imaging.containers.pieces import numbers, piece
from pictd.model.codecs import AudioCodec, VideoCodec

TAKEN = {
    b"avc1": VideoCodec.H264,
    b"avc3": VideoCodec.H264,
    b"hvc1": VideoCodec.H265,
    b"hev1": VideoCodec.H265,
    b"dvh1": VideoCodec.H265,
    b"dvhe": VideoCodec.H265,
    b"av01": VideoCodec.AV1,
    b"vp08": VideoCodec.VP8,
    b"vp09": VideoCodec.VP9,
}
ENCRYPTED = (b"encv", b"enca", b"drmi", b"drms")
_FOREIGN = {
    b"mp4v": "MPEG-4 part 2",
    b"jpeg": "MJPEG",
    b"mjpa": "MJPEG",
    b"mjpb": "MJPEG",
    b"mjp2": "Motion JPEG 2000",
    b"png ": "PNG",
    b"gif ": "GIF",
    b"tiff": "TIFF",
    b"raw ": "uncompressed",
    b"2vuy": "uncompressed",
    b"v210": "uncompressed",
    b"rle ": "QuickTime Animation",
    b"cvid": "Cinepak",
    b"SVQ1": "Sorenson",
    b"SVQ3": "Sorenson",
    b"s263": "H.263",
    b"h263": "H.263",
    b"H263": "H.263",
    b"dvc ": "DV",
    b"dvcp": "DV",
    b"dvh6": "DV",
    b"AVdn": "DNxHD",
    b"AVdh": "DNxHR",
    b"vvc1": "H.266",
    b"vvi1": "H.266",
    b"CRAW": "Canon raw",
    **dict.fromkeys((b"apcn", b"apch", b"apcs", b"apco", b"ap4h", b"ap4x"), "ProRes"),
    **dict.fromkeys((b"mx3p", b"mx4p", b"mx5p", b"m2v1", b"mpg2", b"xdvc"), "MPEG-2"),
}
_AUDIO_OBJECTS = {
    0x40: AudioCodec.AAC,
    0x66: AudioCodec.AAC,
    0x67: AudioCodec.AAC,
    0x68: AudioCodec.AAC,
    0xDD: AudioCodec.VORBIS,
}
_LENGTHS = {0: 28, 1: 44, 2: 64}


def is_picture(kind: bytes) -> bool:
    """Whether a sample entry of this name holds moving pictures, whatever its track says."""
    return kind in TAKEN or kind in _FOREIGN


def foreign_codec(kind: bytes) -> str:
    """How people call the codec of a picture that is not taken."""
    code = kind.decode("ascii", "replace").strip()
    shown = code if code.isprintable() else kind.hex()
    return f"{_FOREIGN.get(kind, 'the video codec')} ({shown})"


def audio_codec(entry: Box) -> AudioCodec | None:
    """The codec of a sample entry of sound, where it is one that has a name here.

    :raise Unreadable: the entry is cut short.
    """
    if entry.kind == b"Opus":
        return AudioCodec.OPUS
    if entry.kind != b"mp4a":
        return None
    (version,) = entry.fields("H", 8)
    found = _stream_descriptor(entry.body, _LENGTHS.get(version, len(entry.body)))
    return _AUDIO_OBJECTS.get(_object_type(found)) if found is not None else None


def _stream_descriptor(body: bytes, at: int) -> bytes | None:
    """The descriptor among an entry's boxes; QuickTime puts it one level lower."""
    inner = {each.kind: each for each in spans(body, at)}
    if b"esds" in inner:
        return _body(body, inner[b"esds"])
    return _stream_descriptor(_body(body, inner[b"wave"]), 0) if b"wave" in inner else None


def _body(data: bytes, span: Span) -> bytes:
    return piece(data, span.body, span.end - span.body)


def _object_type(esds: bytes) -> int:
    """What a stream holds (ISO/IEC 14496-1 §7.2.6.5); 0 where it is not told."""
    tag, at = _descriptor(esds, 4)
    if tag == 3:
        (flags,) = numbers("B", esds, at + 2)
        at += 3 + 2 * (flags >> 7) + 2 * (flags >> 5 & 1)
        at += 1 + numbers("B", esds, at)[0] if flags & 0x40 else 0
        tag, at = _descriptor(esds, at)
    return numbers("B", esds, at)[0] if tag == 4 else 0


def _descriptor(esds: bytes, at: int) -> tuple[int, int]:
    """(tag, where the content begins); the length between them has one to four bytes."""
    (tag,) = numbers("B", esds, at)
    for more in range(1, 5):
        if not numbers("B", esds, at + more)[0] & 0x80:
            break
    return tag, at + more + 1
