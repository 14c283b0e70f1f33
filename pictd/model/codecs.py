"""How the picture and the sound of a video are coded."""

from __future__ import annotations

from enum import Enum


class VideoCodec(Enum):
    """A picture codec; the value is its name in the configuration."""

    AV1 = "av1"
    H264 = "h264"
    H265 = "h265"
    VP8 = "vp8"
    VP9 = "vp9"


class AudioCodec(Enum):
    """A sound codec; the value is its name in the configuration."""

    AAC = "aac"
    OPUS = "opus"
    VORBIS = "vorbis"
