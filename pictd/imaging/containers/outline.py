"""What a file says of itself, got from its headers alone."""

from __future__ import annotations

import attrs

from pictd.model.formats import Format
from pictd.model.streams import Streams


@attrs.frozen
class Outline:
    """The headers of one file.

    :ivar width: pixels as coded, before the orientation is applied; heights likewise.
    :ivar frames: None for one frame.
    :ivar orientation: what has to be done to show the picture, as EXIF numbers it: 1 to 8.
    :ivar oriented_by_container: the orientation is part of the container, and a strip keeps it.
    :ivar plays: how often an animation is shown; 0 for ever.
    :ivar profile: the ICC profile.
    :ivar streams: of a video.
    :ivar decoder: the name by which the file's kind is switched off, where it can't be stored as it
        is: ``format`` then is what it becomes where nothing else is configured.
    """

    format: Format
    width: int
    height: int
    frames: int | None = None
    orientation: int = 1
    oriented_by_container: bool = False
    plays: int = 1
    profile: bytes | None = attrs.field(default=None, repr=False)
    streams: Streams | None = None
    decoder: str | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as coded."""
        return self.width, self.height

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height as a viewer shows the picture."""
        return self.size if self.orientation < 5 else (self.height, self.width)
