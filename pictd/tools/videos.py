"""Videos: what ffmpeg is ordered to make of them, and what is believed of the result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from pictd.errors import KindDisallowed, UnreadableMedia
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.streams import Streams
from pictd.model.transcoding import Plan, VideoPolicy, plans
from pictd.tools import ffmpeg
from pictd.tools.children import Children

_RESULT, _POSTER = "video", "poster.png"


@attrs.define(eq=False)
class Videos:
    """Works on videos in children that become ffmpeg.

    :ivar program: the path of ffmpeg; None where this machine has none.
    """

    _children: Children
    _policy: VideoPolicy
    program: str | None
    _missing: list[str] = attrs.field(factory=list)

    async def look(self) -> None:
        """Find out what is missing of what the configuration needs.

        :raise PictdError: ffmpeg can't be run.
        """
        self._missing = ["ffmpeg"]
        if self.program is None:
            return
        listing = await self._children.execute(ffmpeg.encoders(self.program), [], None)
        found = {line.split()[1] for line in listing.splitlines() if len(line.split()) > 1}
        needed = {ffmpeg.ENCODERS[each]: each for each in _needed(self._policy)}
        self._missing = [f"ffmpeg's encoder {name}" for name in needed if name not in found]

    def missing(self) -> list[str]:
        """What does not work here, by name."""
        return self._missing

    async def make(
        self, source: Path, folder: Path, streams: Streams, size: tuple[int, int]
    ) -> Mapping[str, object]:
        """Make what is stored of an upload.

        :param size: as coded.
        :return: what the child that looked at the result told of it; not yet to be trusted.
        :raise KindDisallowed: there is no ffmpeg here.
        :raise UnreadableMedia: the video is broken.
        """
        for plan in (tried := plans(streams, size, self._policy)):
            try:
                return await self._made(source, folder, plan)
            except UnreadableMedia:
                if plan is tried[-1]:
                    raise
        raise AssertionError("there is always a plan")

    async def poster(
        self, source: Path, folder: Path, streams: Streams, small: bool = False
    ) -> Path:
        """Draw the first frame, upright, as a PNG in the folder.

        :raise KindDisallowed: there is no ffmpeg here.
        :raise UnreadableMedia: no picture can be decoded.
        """
        poster = folder / _POSTER
        order = ffmpeg.first_frame(self._ffmpeg(), source, streams, poster, small)
        await self._children.execute(order, [source], folder)
        if not poster.exists():
            raise UnreadableMedia("the video has no picture that can be decoded")
        return poster

    async def _made(self, source: Path, folder: Path, plan: Plan) -> Mapping[str, object]:
        result, poster = folder / _RESULT, folder / _POSTER
        order = ffmpeg.make(self._ffmpeg(), source, plan, result, poster)
        await self._children.execute(order, [source], folder)
        if not poster.exists():
            await self.poster(result, folder, plan.result, small=True)
        return await self._children.run(
            "certify",
            {
                "source": str(result),
                "poster": str(poster),
                "streams": plan.result.as_json(),
            },
            [],
            folder,
        )

    def _ffmpeg(self) -> str:
        if self.program is None:
            raise KindDisallowed("videos can't be taken here: ffmpeg is not installed")
        return self.program


def _needed(policy: VideoPolicy) -> list[VideoCodec | AudioCodec]:
    """What may have to be encoded."""
    sounds = {AudioCodec.AAC, AudioCodec.OPUS, policy.audio} if policy.allow_audio else set()
    return [each for each in (policy.codec, *sounds) if each is not None]
