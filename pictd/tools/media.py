"""Everything that pictd does with media, by way of children."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

from twisted.internet.threads import deferToThread
from zope.interface import implementer

from pictd.errors import (
    FileEmpty,
    MediaFailed,
    MediaTimeout,
    MediaTooExpensive,
    OperationImpossible,
    PictdError,
    UnreadableMedia,
    UnsupportedMedia,
)
from pictd.interfaces.media import IMedia
from pictd.model.formats import Format, Kind, Output
from pictd.model.limits import Measured
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.streams import Streams
from pictd.model.uploads import UploadQuery
from pictd.tools import results
from pictd.tools.children import Children
from pictd.tools.refusals import Terms, measured_by
from pictd.tools.results import Result
from pictd.tools.settings import MediaSettings
from pictd.tools.videos import Draw, Video, Videos

_RENDITION: Mapping[str, object] = {
    "operations": [["thumbnail", "2048"]],
    "output": Output.WEBP.value,
    "quality": {"image": {}},
    "still": True,
}
"""How fine the site's own pictures are is no matter of who judges them."""

_MOTION_QUALITY = {"image": {"jpeg": 95, "webp": 95}}
"""What is drawn from is finer than what is drawn."""

_T = TypeVar("_T")


@implementer(IMedia)
class Media:
    """Orders work from children, and believes nothing that it can check itself."""

    def __init__(self, children: Children, settings: MediaSettings) -> None:
        self._children = children
        self._settings = settings
        self._videos = Videos(children, settings.video, settings.ffmpeg)

    async def start(self) -> None:
        """Have children ready; where that fails, ``missing`` tells, and it is tried again."""
        with suppress(PictdError):
            await self.look()

    async def look(self) -> None:
        """Have children ready, and see what works on this machine.

        :raise PictdError: children do not work.
        """
        await self._children.start()
        await self._children.run("capabilities", {}, [], None)
        if self._settings.rules.video is not None:
            await self._videos.look()

    async def stop(self) -> None:
        """End all children, and wait until they are gone."""
        await self._children.stop()

    def missing(self) -> Sequence[str]:
        """See ``IMedia``."""
        return self._settings.needed([*self._children.missing(), *self._videos.missing()])

    async def normalise(self, source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """See ``IMedia``."""
        settings = self._settings
        rules, pairs = settings.rules_for(query), settings.operations_for(query)
        terms = Terms(_size(source), rules, pairs, settings.disabled)
        order = settings.normalisation(source, folder, rules, pairs)
        told = await self._children.run("normalise", order, [source], folder)
        measured = terms.accepted(told)
        if told.get("streams") is not None:
            told = await self._videos.make(Video(source, _streams(told), measured, rules), folder)
            terms.accepted(told)
        return await _normalised(told.get("result"), folder)

    async def render(
        self, source: Path, format: Format, folder: Path, chain: Chain, output: Output
    ) -> Rendered:
        """See ``IMedia``."""
        drawing = {
            "operations": [list(pair) for pair in chain.pairs()],
            "output": output.value,
            "quality": self._settings.quality,
        }
        return await self._drawn(source, format, folder, drawing)

    async def motion(self, source: Path, format: Format, folder: Path) -> Rendered:
        """See ``IMedia``."""
        streams = _streams(await self._described(source, format))
        frame = await _ours(self._videos.first_frame(source, folder, streams))
        output = self._settings.motion_output(streams.alpha)
        drawing: dict[str, object] = {"operations": [], "quality": _MOTION_QUALITY}
        drawing["output"] = output.value
        return await self._rendered(frame, folder, drawing)

    async def rendition(self, source: Path, format: Format, folder: Path) -> Path:
        """See ``IMedia``."""
        try:
            made = await self._drawn(source, format, folder, _RENDITION)
        except (OperationImpossible, MediaTimeout, MediaTooExpensive) as error:
            raise MediaFailed(f"No still can be made of the file: {error}") from error
        if made.format is not Format.IMAGE_WEBP or made.frames is not None:
            raise MediaFailed()
        return made.path

    async def _drawn(
        self, source: Path, format: Format, folder: Path, drawing: Mapping[str, object]
    ) -> Rendered:
        """A picture made of a file of ours.

        :param drawing: the arguments of ``render`` beside the places.
        """
        picture = await self._picture(source, format, folder, self._videos.first_frame)
        return await self._rendered(picture, folder, drawing)

    async def _rendered(
        self, picture: Path, folder: Path, drawing: Mapping[str, object]
    ) -> Rendered:
        places = {"source": str(picture), "folder": str(folder)}
        told = await self._of_stored("render", {**places, **drawing}, picture, folder)
        made = Result.from_json(told.get("result"), folder)
        made.check()
        return Rendered(made.path, made.format, made.width, made.height, made.frames)

    async def describe(self, source: Path, format: Format) -> Measured:
        """See ``IMedia``."""
        return measured_by(await self._described(source, format))

    async def blurhash(self, source: Path, format: Format, folder: Path) -> str:
        """See ``IMedia``."""
        draw = self._videos.poster
        picture = await self._picture(source, format, folder, draw)
        told = await self._of_stored("blurhash", {"source": str(picture)}, picture, None)
        return results.blurhash(told.get("blurhash"))

    async def _picture(self, source: Path, format: Format, folder: Path, draw: Draw) -> Path:
        """A picture to work on: the file itself, or the first frame of a video.

        :param draw: makes that in the folder.
        """
        if format.kind is not Kind.VIDEO:
            self._settings.refuse_disabled(format)
            return source
        streams = _streams(await self._described(source, format))
        return await _ours(draw(source, folder, streams))

    async def _described(self, source: Path, format: Format) -> Mapping[str, object]:
        self._settings.refuse_disabled(format)
        return await self._of_stored("describe", {"source": str(source)}, source, None)

    async def _of_stored(
        self, task: str, order: Mapping[str, object], source: Path, folder: Path | None
    ) -> Mapping[str, object]:
        return await _ours(self._children.run(task, order, [source], folder))


async def _ours(work: Awaitable[_T]) -> _T:
    """What we stored is our own matter: a client can't be told that its file is broken."""
    try:
        return await work
    except (UnreadableMedia, UnsupportedMedia) as error:
        raise MediaFailed(f"The stored file can't be decoded: {error}") from error


def _size(source: Path) -> int:
    """:raise FileEmpty: there is nothing in it."""
    size = source.stat().st_size
    if not size:
        raise FileEmpty()
    return size


def _streams(told: Mapping[str, object]) -> Streams:
    try:
        return Streams.from_json(told.get("streams"))
    except ValueError:
        raise MediaFailed() from None


async def _normalised(told: object, folder: Path) -> Normalised:
    made = Result.from_json(told, folder)
    blurhash = cast(Mapping[str, object], told).get("blurhash")
    return Normalised(
        path=made.path,
        hash=await deferToThread(made.hash),
        width=made.width,
        height=made.height,
        frames=made.frames,
        blurhash=None if blurhash is None else results.blurhash(blurhash),
    )
