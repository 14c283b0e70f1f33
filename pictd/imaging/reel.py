"""A film as Pillow's encoders want to see it: one picture that can be wound forward."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image

from pictd.imaging.decode import Frame


class Reel(Image.Image):
    """Frames that come into being when an encoder seeks to them, so that only one is in memory.

    :ivar durations: milliseconds of the frames seen so far. Encoders look an entry up only after
        they took its frame, so the list may be handed to them while it is still empty.
    """

    is_animated = True

    def __init__(self, frames: Iterator[Frame], count: int) -> None:
        super().__init__()
        self.n_frames = count
        self.durations: list[int] = []
        self._frames = frames
        self._shown = 0.0
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Wind forward; encoders rewind when they have done, which is left undone.

        :raise EOFError: there are no more frames.
        """
        if frame >= self.n_frames:
            raise EOFError
        while len(self.durations) <= frame:
            self._show(next(self._frames))

    def tell(self) -> int:
        """The frame that is shown; 0 before the first step."""
        return max(0, len(self.durations) - 1)

    def _show(self, frame: Frame) -> None:
        """Whole milliseconds each, without drifting from the sum of the exact times."""
        end = self._shown + frame.milliseconds
        self.durations.append(round(end) - round(self._shown))
        self._shown = end
        self.im = frame.image.im
        self._mode, self._size = frame.image.mode, frame.image.size
