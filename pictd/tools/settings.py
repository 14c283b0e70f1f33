"""What the configuration says to work on media."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from pictd.errors import KindDisallowed
from pictd.model.formats import Format, Output
from pictd.model.limits import Rules
from pictd.model.transcoding import VideoPolicy
from pictd.model.uploads import UploadQuery

Pairs = Sequence[tuple[str, str]]

_USERS: Mapping[str, set[str]] = {
    "JPEG codec": {"jpeg"},
    "PNG codec": {"png"},
    "GIF codec": {"gif"},
    "WEBP codec": {"webp"},
    "AVIF codec": {"avif"},
    "JPEG XL codec": {"jxl"},
    "HEIC codec": {"heic"},
    "animated PNG codec": {"apng"},
    "animated GIF codec": {"gif"},
    "animated WEBP codec": {"webp"},
    "animated AVIF codec": {"avif"},
    "ffmpeg": {"mp4", "webm"},
}
"""Names of formats and decoders, by what they need."""


@attrs.frozen
class MediaSettings:
    """What media are held against, and what is made of them.

    :ivar rules: without what a request asks for itself.
    :ivar image_format: what stills become; None leaves them as they are. So for animations.
    :ivar quality: by class ("image", "animation") and format label.
    :ivar video: what becomes of videos.
    :ivar ffmpeg: its path; None where there is none.
    :ivar preprocess: operations on uploads that bring none of their own.
    :ivar disabled: names of formats and decoders that are switched off, in small letters.
    """

    rules: Rules
    image_format: Format | None = None
    animation_format: Format | None = None
    quality: Mapping[str, Mapping[str, int]] = attrs.field(
        factory=lambda: {"image": {}, "animation": {}}
    )
    video: VideoPolicy = attrs.field(factory=VideoPolicy)
    ffmpeg: str | None = None
    preprocess: tuple[tuple[str, str], ...] | None = None
    disabled: tuple[str, ...] = ()

    def rules_for(self, query: UploadQuery) -> Rules:
        """With what the request asks for."""
        return attrs.evolve(self.rules, requested=query.bounds, allowed=query.allowed)

    def operations_for(self, query: UploadQuery) -> Pairs:
        """The request's own replace the configured ones (spec media §2.8)."""
        return query.operations or self.preprocess or ()

    def refuse_disabled(self, format: Format) -> None:
        """:raise KindDisallowed: files of this format are not to be decoded."""
        name = format.label.lower()
        if name in self.disabled:
            raise KindDisallowed(f"{name} is switched off by media.disabled_formats")

    def motion_output(self, alpha: bool) -> Output:
        """What the still frame of a video is kept as (spec media §5.3)."""
        if self.image_format is Format.IMAGE_PNG:
            return Output.PNG
        is_jpeg = self.image_format in (None, Format.IMAGE_JPEG)
        return Output.JPEG if is_jpeg and not alpha else Output.WEBP

    def needed(self, names: Sequence[str]) -> list[str]:
        """Of these names of codecs and programs, those that formats depend on which are not
        switched off."""
        return [each for each in names if not _USERS.get(each, {""}) <= set(self.disabled)]

    def normalisation(
        self, source: Path, folder: Path, rules: Rules, pairs: Pairs
    ) -> dict[str, object]:
        """The order for the task of this name."""
        image, animation = self.image_format, self.animation_format
        return {
            "source": str(source),
            "folder": str(folder),
            "rules": rules.as_json(),
            "image_format": image and image.label,
            "animation_format": animation and animation.label,
            "quality": self.quality,
            "operations": [list(pair) for pair in pairs] or None,
            "disabled": list(self.disabled),
        }
