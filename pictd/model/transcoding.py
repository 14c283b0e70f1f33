"""How an uploaded video becomes what is stored (spec media §2.6, §2.7; contract B1, B9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import attrs

from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format
from pictd.model.streams import Container, Streams

MOST_CRF = 63

_MP4_HOLDS = (AudioCodec.AAC, AudioCodec.OPUS, None)
_WEBM_HOLDS = (AudioCodec.OPUS, AudioCodec.VORBIS)


@attrs.frozen
class VideoPolicy:
    """What the operator wants of videos.

    :ivar codec: that every video is brought to; None keeps each as it is.
    :ivar audio: the sound that goes with it, where its container takes it.
    :ivar crf: constant rate factors by the longest smaller side, in pixels, that they serve.
    :ivar crf_max: where no other serves.
    """

    codec: VideoCodec | None = None
    audio: AudioCodec | None = None
    allow_audio: bool = False
    crf: Mapping[int, int] = attrs.field(factory=dict)
    crf_max: int = 32


class Sound(Enum):
    """What becomes of the sound, where it is not encoded anew."""

    NONE = "none"
    COPY = "copy"


@attrs.frozen
class Plan:
    """How one video is made.

    :ivar source: its streams.
    :ivar video: the codec to encode to; None copies.
    :ivar crf: of the encoder.
    """

    source: Streams
    format: Format
    video: VideoCodec | None
    sound: Sound | AudioCodec
    crf: int

    @property
    def result(self) -> Streams:
        """The streams of what is made; of its sound nothing but whether there is any."""
        codec = self.video or self.source.video
        alpha = self.source.alpha and codec in (VideoCodec.VP8, VideoCodec.VP9)
        container = Container.MOV if self.format is Format.VIDEO_MP4 else Container.MATROSKA
        return Streams(container, codec, has_sound=self.sound is not Sound.NONE, alpha=alpha)


def plans(source: Streams, size: tuple[int, int], policy: VideoPolicy) -> Sequence[Plan]:
    """What to try, best first: sound of an unknown codec may not fit its container, and is then
    encoded.

    :param size: as coded.
    """
    video = None if policy.codec in (None, source.video) else policy.codec
    format = _format(source, policy.codec)
    crf = crf_for(min(size), policy)
    return [Plan(source, format, video, sound, crf) for sound in _sounds(source, format, policy)]


def crf_for(side: int, policy: VideoPolicy) -> int:
    """The first factor at or above the smaller side of a picture."""
    rungs = sorted(policy.crf)
    found = next((policy.crf[rung] for rung in rungs if rung >= side), policy.crf_max)
    return min(found, MOST_CRF)


def _format(source: Streams, codec: VideoCodec | None) -> Format:
    """AV1 that is asked for comes in WebM (spec media §2.6)."""
    return source.format if codec is None else Streams(Container.MATROSKA, codec).format


def _sounds(source: Streams, format: Format, policy: VideoPolicy) -> Sequence[Sound | AudioCodec]:
    if not policy.allow_audio or not source.has_sound:
        return [Sound.NONE]
    own = AudioCodec.AAC if format is Format.VIDEO_MP4 else AudioCodec.OPUS
    if policy.codec is None:
        return _kept_sounds(source, format, own)
    if source.audio is None:
        return [Sound.NONE]
    wanted = _wanted_sound(source.audio, format, policy.audio) or own
    return [Sound.COPY if wanted is source.audio else wanted]


def _kept_sounds(source: Streams, format: Format, own: AudioCodec) -> Sequence[Sound | AudioCodec]:
    holds = _MP4_HOLDS if format is Format.VIDEO_MP4 else _WEBM_HOLDS
    if source.audio not in holds:
        return [own]
    return [Sound.COPY] if source.audio is not None else [Sound.COPY, own]


def _wanted_sound(
    audio: AudioCodec, format: Format, preferred: AudioCodec | None
) -> AudioCodec | None:
    """The preferred sound, or else the video's own, where the container is made for it."""
    fit = (AudioCodec.AAC,) if format is Format.VIDEO_MP4 else _WEBM_HOLDS
    return next((each for each in (preferred, audio) if each in fit), None)
