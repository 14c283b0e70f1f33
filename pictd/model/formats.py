"""The closed world of stored formats and requested outputs.

Codes, media types, extensions and spellings are stored data (spec storage §1.1): they never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Self


class Kind(Enum):
    """The three classes of media; the value is how the HTTP interface spells them."""

    IMAGE = "Image"
    ANIMATION = "Animation"
    VIDEO = "Video"


class Format(Enum):
    """A stored format: (code in the hash, kind, name in stored JSON, media type, extension)."""

    ANIMATION_APNG = (0, Kind.ANIMATION, "apng", "image/apng", ".apng")
    ANIMATION_AVIF = (1, Kind.ANIMATION, "avif", "image/avif", ".avif")
    ANIMATION_GIF = (2, Kind.ANIMATION, "gif", "image/gif", ".gif")
    ANIMATION_WEBP = (3, Kind.ANIMATION, "webp", "image/webp", ".webp")
    IMAGE_AVIF = (4, Kind.IMAGE, "avif", "image/avif", ".avif")
    IMAGE_JPEG = (5, Kind.IMAGE, "jpeg", "image/jpeg", ".jpeg")
    IMAGE_JXL = (6, Kind.IMAGE, "jxl", "image/jxl", ".jxl")
    IMAGE_PNG = (7, Kind.IMAGE, "png", "image/png", ".png")
    IMAGE_WEBP = (8, Kind.IMAGE, "webp", "image/webp", ".webp")
    VIDEO_MP4 = (9, Kind.VIDEO, "Mp4", "video/mp4", ".mp4")
    VIDEO_WEBM = (10, Kind.VIDEO, "Webm", "video/webm", ".webm")

    @property
    def code(self) -> int:
        """The last byte of a hash."""
        return self.value[0]

    @property
    def kind(self) -> Kind:
        """The class of media."""
        return self.value[1]

    @property
    def label(self) -> str:
        """The name in stored JSON."""
        return self.value[2]

    @property
    def media_type(self) -> str:
        """The ``Content-Type``."""
        return self.value[3]

    @property
    def extension(self) -> str:
        """Of aliases and identifiers, with its dot."""
        return self.value[4]

    @classmethod
    def from_code(cls, code: int) -> Format:
        """:raise ValueError: no format has this code."""
        found = _BY_CODE.get(code)
        if found is None:
            raise ValueError(f"no format has the code {code}")
        return found

    @classmethod
    def named(cls, kind: Kind, label: str) -> Format:
        """The format of ``kind`` with this name, in any letter case.

        :raise ValueError: there is none.
        """
        found = _BY_LABEL.get((kind, label.lower()))
        if found is None:
            raise ValueError(f"no {kind.value.lower()} format is called {label!r}")
        return found

    def as_json(self) -> dict[str, str]:
        """The stored form: ``{"Image": "png"}``."""
        return {self.kind.value: self.label}

    @classmethod
    def from_json(cls, data: object) -> Format:
        """:raise ValueError: not the stored form of a format."""
        if not isinstance(data, Mapping) or len(data) != 1:
            raise ValueError(f"not a format: {data!r}")
        ((kind, label),) = data.items()
        return cls.named(Kind(kind), str(label))


_BY_CODE = {each.code: each for each in Format}
_BY_LABEL = {(each.kind, each.label.lower()): each for each in Format}


class Output(Enum):
    """What ``process.{ext}`` may be asked for; the value is the last segment of a variant key."""

    APNG = "apng"
    AVIF = "avif"
    GIF = "gif"
    JPEG = "jpeg"
    JXL = "jxl"
    PNG = "png"
    WEBP = "webp"

    @classmethod
    def from_extension(cls, extension: str) -> Self | None:
        """``jpg`` is ``jpeg``; letter case does not matter (contract A15); None for any other."""
        lowered = extension.lower() if extension.isascii() else extension
        try:
            return cls("jpeg" if lowered == "jpg" else lowered)
        except ValueError:
            return None

    def result(self, source: Kind) -> Format:
        """The format that a source of this kind becomes (spec http-api §3.7).

        A still asked for as ``apng`` is a plain PNG; as ``gif``, a GIF of one frame; a video gives
        what its first frame would.
        """
        if self is Output.GIF:
            return Format.ANIMATION_GIF
        if source is Kind.ANIMATION and self in _ANIMATED:
            return Format.named(Kind.ANIMATION, self.value)
        return Format.IMAGE_PNG if self is Output.APNG else Format.named(Kind.IMAGE, self.value)


_ANIMATED = (Output.APNG, Output.AVIF, Output.WEBP)
