"""Measured facts of the bytes behind one identifier."""

from __future__ import annotations

from typing import Self

import attrs

from pictd.model import times
from pictd.model.formats import Format


@attrs.frozen
class Details:
    """What was measured on the stored bytes (spec storage §1.7).

    :ivar width: pixels, as are heights.
    :ivar frames: None for stills and wherever there is but one.
    :ivar created_at: nanoseconds since the epoch.
    """

    width: int
    height: int
    frames: int | None
    format: Format
    created_at: int

    @property
    def content_type(self) -> str:
        """The media type that the format implies."""
        return self.format.media_type

    def as_json(self) -> dict[str, object]:
        """The stored record."""
        return self._common() | {"format": self.format.as_json()}

    def as_public_json(self, blurhash: str | None = None) -> dict[str, object]:
        """The object that clients see; with the blurhash where it is known (contract A16)."""
        shown = self._common() | {"format": self.format.kind.value}
        return shown if blurhash is None else shown | {"blurhash": blurhash}

    def _common(self) -> dict[str, object]:
        return {
            "width": self.width,
            "height": self.height,
            "frames": self.frames,
            "content_type": self.content_type,
            "created_at": times.to_rfc3339(self.created_at),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Unknown keys are ignored.

        :raise ValueError: not a details record.
        """
        try:
            assert isinstance(data, dict)
            frames = data.get("frames")
            return cls(
                int(data["width"]),
                int(data["height"]),
                None if frames is None else int(frames),
                Format.from_json(data["format"]),
                times.from_rfc3339(data["created_at"]),
            )
        except (AssertionError, KeyError, TypeError) as error:
            raise ValueError(f"not a details record: {data!r}") from error
