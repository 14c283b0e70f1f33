"""Videos: what ffmpeg is ordered to make of them, and what is believed of the result."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import attrs
from twisted.internet.defer import Deferred

from pictd.errors import KindDisallowed, PictdError, UnreadableMedia
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.limits import Measured, Rules
from pictd.model.streams import Streams
from pictd.model.transcoding import Plan, VideoPolicy, plans
from pictd.tools import ffmpeg
from pictd.tools.children import Children

_NO_FFMPEG = ["ffmpeg"]
_RESULT, _POSTER, _FRAME = "video", "poster.jpeg", "frame.png"

Draw = Callable[[Path, Path, Streams], Awaitable[Path]]
"""Makes a picture of a video in a folder."""


@attrs.frozen
class Video:
    """An upload that is a video.

    :ivar measured: by its headers.
    :ivar rules: that it is held against again, once pictures were decoded.
    """

    source: Path
    streams: Streams
    measured: Measured
    rules: Rules

    @property
    def size(self) -> tuple[int, int]:
        """As its headers have it."""
        return self.measured.width, self.measured.height


@attrs.define(eq=False)
class Videos:
    """Works on videos in children that become ffmpeg.

    :ivar program: the path of ffmpeg; None where this machine has none.
    """

    _children: Children
    _policy: VideoPolicy
    program: str | None
    _missing: list[str] = attrs.field(factory=list)
    _looking: bool = False

    async def look(self) -> None:
        """Find out what is missing of what the configuration needs."""
        self._looking = True
        try:
            self._missing = await self._lacking()
        finally:
            self._looking = False

    def missing(self) -> list[str]:
        """What does not work here, by name. Where ffmpeg did not run when it was last tried, which
        may pass, it is tried again."""
        if self._missing == _NO_FFMPEG and self.program is not None and not self._looking:
            Deferred.fromCoroutine(self.look())
        return self._missing

    async def _lacking(self) -> list[str]:
        if self.program is None:
            return _NO_FFMPEG
        try:
            listing = await self._children.execute(ffmpeg.encoders(self.program), [], None)
        except PictdError:
            return _NO_FFMPEG
        found = {line.split()[1] for line in listing.splitlines() if len(line.split()) > 1}
        needed = [ffmpeg.ENCODERS[each] for each in _needed(self._policy)]
        return [f"ffmpeg's encoder {name}" for name in needed if name not in found]

    async def make(self, video: Video, folder: Path) -> Mapping[str, object]:
        """Make what is stored of an upload.

        :return: what the child that looked at the result told of it; not yet to be trusted.
        :raise KindDisallowed: there is no ffmpeg here.
        :raise UnreadableMedia: the video is broken.
        """
        for plan in (tried := plans(video.streams, video.size, self._policy)):
            try:
                return await self._made(video, plan, folder)
            except UnreadableMedia:
                if plan is tried[-1]:
                    raise
        raise AssertionError("there is always a plan")

    async def first_frame(self, source: Path, folder: Path, streams: Streams) -> Path:
        """Draw the first frame as it is, upright, as a PNG in the folder.

        :raise KindDisallowed: there is no ffmpeg here.
        :raise UnreadableMedia: no picture can be decoded.
        """
        frame = folder / _FRAME
        return await self._drawn(
            ffmpeg.first_frame(self._ffmpeg(), source, streams, frame), source, frame
        )

    async def poster(self, source: Path, folder: Path, streams: Streams) -> Path:
        """The same, roughly: a JPEG, without transparency."""
        poster = folder / _POSTER
        return await self._drawn(
            ffmpeg.poster(self._ffmpeg(), source, streams, poster), source, poster
        )

    async def _drawn(self, order: Sequence[str], source: Path, picture: Path) -> Path:
        await self._children.execute(order, [source], picture.parent)
        if not _is_there(picture):
            raise UnreadableMedia("the video has no picture that can be decoded")
        return picture

    async def _made(self, video: Video, plan: Plan, folder: Path) -> Mapping[str, object]:
        result, poster = folder / _RESULT, folder / _POSTER
        order = ffmpeg.make(self._ffmpeg(), video.source, plan, result, poster)
        await self._children.execute(order, [video.source], folder)
        if not _is_there(poster):
            await self.poster(result, folder, plan.result)
        arguments = {
            "source": str(result),
            "poster": str(poster),
            "streams": plan.result.as_json(),
            "rules": video.rules.as_json(),
            "file_size": video.measured.file_size,
        }
        return await self._children.run("certify", arguments, [], folder)

    def _ffmpeg(self) -> str:
        if self.program is None:
            raise KindDisallowed("videos can't be taken here: ffmpeg is not installed")
        return self.program


def _is_there(path: Path) -> bool:
    return path.exists()


def _needed(policy: VideoPolicy) -> list[VideoCodec | AudioCodec]:
    """What may have to be encoded."""
    sounds = {AudioCodec.AAC, AudioCodec.OPUS, policy.audio} if policy.allow_audio else set()
    return [each for each in (policy.codec, *sounds) if each is not None]
