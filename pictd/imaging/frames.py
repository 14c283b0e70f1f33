"""What changes from one frame of an animation to the next."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from PIL import Image, ImageChops

from pictd.imaging.decode import Frame

Box = tuple[int, int, int, int]


@attrs.frozen
class Change:
    """One frame as a file holds it.

    :ivar image: the whole canvas.
    :ivar box: the part that has to be drawn over what is there.
    :ivar cleared: whether the canvas is to be emptied after it.
    """

    image: Image.Image
    box: Box
    milliseconds: float
    cleared: bool


def replacing(frames: Iterator[Frame]) -> Iterator[Change]:
    """For files whose frames replace what they cover, transparency included."""
    previous: Image.Image | None = None
    for frame in frames:
        box = _changed(previous, frame.image)
        yield Change(frame.image, box, frame.milliseconds, False)
        previous = frame.image


def covering(frames: Iterator[Frame]) -> Iterator[Change]:
    """For files whose frames only add: before a frame with transparency, all is cleared.

    Holds two frames at a time.
    """
    previous: Image.Image | None = None
    frame = next(frames, None)
    while frame is not None:
        following = next(frames, None)
        cleared = following is not None and _has_holes(following.image)
        base = None if cleared or _has_holes(frame.image) else previous
        yield Change(frame.image, _changed(base, frame.image), frame.milliseconds, cleared)
        previous, frame = frame.image, following


def _has_holes(image: Image.Image) -> bool:
    """Whether pixels are more transparent than not."""
    if image.mode not in ("RGBA", "LA"):
        return False
    lowest = image.getchannel("A").getextrema()[0]
    return isinstance(lowest, int | float) and lowest < 128


def _changed(previous: Image.Image | None, image: Image.Image) -> Box:
    """The smallest box that holds all differences; one pixel where there are none."""
    if previous is None:
        return 0, 0, *image.size
    difference = ImageChops.difference(previous, image)
    return difference.getbbox(alpha_only=False) or (0, 0, 1, 1)
