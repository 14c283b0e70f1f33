"""What a video file is made of (spec media §1.2; contract B6, B9)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Self

import attrs

from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format


class Container(Enum):
    """A family of container formats; the value is what ffmpeg calls its demuxer."""

    MOV = "mov"
    MATROSKA = "matroska"


@attrs.frozen
class Streams:
    """The picture of a video file, and its sound.

    :ivar picture: how many tracks of moving pictures come before this one in the file.
    :ivar has_sound: whether there is a track of sound, whatever its codec.
    :ivar audio: the codec of the first track of sound; None where there is none, or another codec.
    :ivar alpha: whether the picture has transparency.
    """

    container: Container
    video: VideoCodec
    picture: int = 0
    has_sound: bool = False
    audio: AudioCodec | None = None
    alpha: bool = False

    @property
    def format(self) -> Format:
        """The stored format that holds this picture as it is coded; AV1 stays where it is."""
        if self.video in (VideoCodec.H264, VideoCodec.H265):
            return Format.VIDEO_MP4
        if self.video is VideoCodec.AV1 and self.container is Container.MOV:
            return Format.VIDEO_MP4
        return Format.VIDEO_WEBM

    def as_json(self) -> dict[str, object]:
        """The form between daemon and children."""
        return {
            "container": self.container.value,
            "video": self.video.value,
            "picture": self.picture,
            "has_sound": self.has_sound,
            "audio": self.audio and self.audio.value,
            "alpha": self.alpha,
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """:raise ValueError: not the JSON form of streams."""
        if not isinstance(data, Mapping) or set(data) != {f.name for f in attrs.fields(cls)}:
            raise ValueError(f"not the members of {cls.__name__}: {str(data)[:200]}")
        audio, picture = data["audio"], data["picture"]
        if type(picture) is not int or not 0 <= picture < _MOST_TRACKS:
            raise ValueError(f"not the position of a track: {str(picture)[:40]}")
        return cls(
            Container(data["container"]),
            VideoCodec(data["video"]),
            picture,
            data["has_sound"] is True,
            None if audio is None else AudioCodec(audio),
            data["alpha"] is True,
        )


_MOST_TRACKS = 1000
