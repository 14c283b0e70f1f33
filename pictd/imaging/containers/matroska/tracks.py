"""What a Matroska file says of its tracks (RFC 9559 §5.1.4)."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pictd.imaging.containers.matroska.ebml import Element, Reader
from pictd.imaging.containers.matroska.kinds import Kind
from pictd.imaging.failures import Unreadable, Unsupported
from pictd.model.codecs import AudioCodec, VideoCodec

MOVING, SOUND = 1, 2
VIDEO_CODECS = {
    b"V_MPEG4/ISO/AVC": VideoCodec.H264,
    b"V_MPEGH/ISO/HEVC": VideoCodec.H265,
    b"V_AV1": VideoCodec.AV1,
    b"V_VP8": VideoCodec.VP8,
    b"V_VP9": VideoCodec.VP9,
}
_FRAMES, _HEADER_STRIPPING = 1, 3
_LONGEST_HEADER = 1024


@attrs.frozen
class Track:
    """One entry of the list of tracks.

    :ivar number: by which blocks name it.
    :ivar kind: ``MOVING``, ``SOUND``, or something else.
    :ivar codec: as the file calls it.
    :ivar alpha: whether its blocks come with a second picture that says how opaque the first is.
    :ivar encodings: what was done to its frames after they were coded.
    """

    number: int
    kind: int
    codec: bytes
    width: int = 0
    height: int = 0
    alpha: bool = False
    encodings: tuple[Element, ...] = ()

    @property
    def video(self) -> VideoCodec | None:
        """The codec of a track of moving pictures, where it is one that is taken."""
        return VIDEO_CODECS.get(self.codec) if self.kind == MOVING else None

    @property
    def audio(self) -> AudioCodec | None:
        """The codec of a track of sound, where it is one that is known."""
        if self.codec.startswith(b"A_AAC"):
            return AudioCodec.AAC
        return {b"A_OPUS": AudioCodec.OPUS, b"A_VORBIS": AudioCodec.VORBIS}.get(self.codec)


def tracks_in(reader: Reader, tracks: Element) -> list[Track]:
    """The tracks, in the order of the file. One that names no codec is nothing to ffmpeg either.

    :raise Unreadable: the list is broken.
    """
    entries = (each for each in reader.few(tracks) if each.kind == Kind.TRACK_ENTRY)
    found = [track for track in (_track(reader, entry) for entry in entries) if track.codec]
    if len({track.number for track in found}) < len(found):
        raise Unreadable("the file is broken: two tracks in it have the same number")
    return found


def left_out(reader: Reader, track: Track) -> bytes:
    """What every frame of the track begins with, and the file does not repeat.

    :raise Unsupported: the frames are encrypted, or compressed in another way.
    """
    found = [settings for each in track.encodings for settings in _left_out(reader, each)]
    if len(found) > 1:
        raise Unsupported("Matroska with frames that are compressed twice is not taken")
    return b"".join(found)


def _track(reader: Reader, entry: Element) -> Track:
    has = reader.last(entry)
    video = _inside(reader, has.get(Kind.VIDEO))
    encodings = has.get(Kind.CONTENT_ENCODINGS)
    return Track(
        reader.whole(has.get(Kind.TRACK_NUMBER)),
        reader.whole(has.get(Kind.TRACK_TYPE)),
        reader.text(has.get(Kind.CODEC_ID)),
        reader.whole(video.get(Kind.PIXEL_WIDTH)),
        reader.whole(video.get(Kind.PIXEL_HEIGHT)),
        reader.whole(video.get(Kind.ALPHA_MODE)) == 1,
        () if encodings is None else tuple(reader.few(encodings)),
    )


def _inside(reader: Reader, element: Element | None) -> dict[int, Element]:
    return {} if element is None else reader.last(element)


def _left_out(reader: Reader, encoding: Element) -> Iterator[bytes]:
    """Of one encoding, which is in force where it has the scope of frames."""
    if encoding.kind != Kind.CONTENT_ENCODING:
        return
    has = reader.last(encoding)
    if not reader.whole(has.get(Kind.CONTENT_ENCODING_SCOPE), _FRAMES) & _FRAMES:
        return
    compression = _inside(reader, has.get(Kind.CONTENT_COMPRESSION))
    algorithm = reader.whole(compression.get(Kind.CONTENT_COMP_ALGO))
    if Kind.CONTENT_ENCRYPTION in has or algorithm != _HEADER_STRIPPING:
        raise Unsupported("Matroska with frames that are compressed or encrypted is not taken")
    settings = compression.get(Kind.CONTENT_COMP_SETTINGS)
    yield b"" if settings is None else reader.body(settings, _LONGEST_HEADER)
