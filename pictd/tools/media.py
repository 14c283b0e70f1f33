"""Everything that pictd does with media, by way of children."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

import attrs
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from pictd.errors import (
    BadOperation,
    FileEmpty,
    FileTooLarge,
    KindDisallowed,
    MediaFailed,
    MediaTimeout,
    MediaTooExpensive,
    OperationImpossible,
    PictdError,
    TooManyFrames,
    TooManyPixels,
    TooTall,
    TooWide,
    UnreadableMedia,
    UnsupportedMedia,
    VideoDisabled,
)
from pictd.interfaces import IMedia
from pictd.model.formats import Format, Kind, Output
from pictd.model.limits import Measured, Reason, Refusal, Rules, refusal
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.streams import Streams
from pictd.model.transcoding import VideoPolicy
from pictd.model.uploads import UploadQuery
from pictd.tools import results
from pictd.tools.children import Children
from pictd.tools.results import Result
from pictd.tools.videos import Videos

_REFUSALS: Mapping[Reason, type[PictdError]] = {
    Reason.WIDTH: TooWide,
    Reason.HEIGHT: TooTall,
    Reason.AREA: TooManyPixels,
    Reason.FRAMES: TooManyFrames,
    Reason.FILE_SIZE: FileTooLarge,
    Reason.DISALLOWED: KindDisallowed,
    Reason.VIDEO_DISABLED: VideoDisabled,
}

_RENDITION: Mapping[str, object] = {
    "operations": [["thumbnail", "2048"]],
    "output": Output.WEBP.value,
    "quality": {"image": {}},
    "still": True,
}
"""How fine the site's own pictures are is no matter of who judges them."""

Pairs = Sequence[tuple[str, str]]
_T = TypeVar("_T")


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
        return [*self._children.missing(), *self._videos.missing()]

    async def normalise(self, source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """See ``IMedia``."""
        size = _size(source)
        pairs = self._settings.operations_for(query)
        rules = self._settings.rules_for(query)
        order = self._normalisation(source, folder, rules, pairs)
        told = await self._children.run("normalise", order, [source], folder)
        measured = attrs.evolve(_measured(told), file_size=size)
        refused = refusal(measured, rules)
        if refused is not None:
            raise _refused(refused)
        self._raise_other_refusals(told, pairs)
        if told.get("streams") is not None:
            coded = measured.width, measured.height
            told = await self._videos.make(source, folder, _streams(told), coded)
        return await self._normalised(told.get("result"), folder)

    def _normalisation(
        self, source: Path, folder: Path, rules: Rules, pairs: Pairs
    ) -> dict[str, object]:
        settings = self._settings
        image, animation = settings.image_format, settings.animation_format
        return {
            "source": str(source),
            "folder": str(folder),
            "rules": rules.as_json(),
            "image_format": image and image.label,
            "animation_format": animation and animation.label,
            "quality": settings.quality,
            "operations": [list(pair) for pair in pairs] or None,
            "disabled": list(settings.disabled),
        }

    def _raise_other_refusals(self, told: Mapping[str, object], pairs: Pairs) -> None:
        """Refusals that need the child's word."""
        name = told.get("switched_off")
        if "refused" in told and name in self._settings.disabled:
            raise KindDisallowed(f"{name} is switched off by media.disabled_formats")
        bad = told.get("bad_operation")
        if isinstance(bad, str) and bad in (name for name, _ in pairs):
            raise BadOperation(f"not a valid operation: {bad}", field=bad)

    async def _normalised(self, told: object, folder: Path) -> Normalised:
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
        picture = await self._picture(source, format, folder)
        places = {"source": str(picture), "folder": str(folder)}
        told = await self._of_stored("render", {**places, **drawing}, picture, folder)
        made = Result.from_json(told.get("result"), folder)
        made.check()
        return Rendered(made.path, made.format, made.width, made.height, made.frames)

    async def describe(self, source: Path, format: Format) -> Measured:
        """See ``IMedia``."""
        told = await self._of_stored("describe", {"source": str(source)}, source, None)
        return _measured(told)

    async def blurhash(self, source: Path, format: Format, folder: Path) -> str:
        """See ``IMedia``."""
        picture = await self._picture(source, format, folder, small=True)
        told = await self._of_stored("blurhash", {"source": str(picture)}, picture, None)
        return results.blurhash(told.get("blurhash"))

    async def _picture(
        self, source: Path, format: Format, folder: Path, small: bool = False
    ) -> Path:
        """A picture to draw from: the file itself, or the first frame of a video, which is made in
        the folder."""
        if format.kind is not Kind.VIDEO:
            return source
        told = await self._of_stored("describe", {"source": str(source)}, source, None)
        return await _ours(self._videos.poster(source, folder, _streams(told), small))

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


def _measured(told: Mapping[str, object]) -> Measured:
    try:
        return Measured.from_json(told.get("measured"))
    except ValueError:
        raise MediaFailed() from None


def _streams(told: Mapping[str, object]) -> Streams:
    try:
        return Streams.from_json(told.get("streams"))
    except ValueError:
        raise MediaFailed() from None


def _refused(found: Refusal) -> PictdError:
    """:ivar limit: of sizes in bytes (contract A20)."""
    kind = _REFUSALS[found.reason]
    if found.limit is None:
        return kind()
    return kind(limit=found.limit, actual=found.actual)
