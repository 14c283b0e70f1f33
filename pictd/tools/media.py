"""Everything that pictd does with media, by way of children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, cast

import attrs
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from pictd.errors import (
    BadOperation,
    FileEmpty,
    FileTooLarge,
    KindDisallowed,
    MediaFailed,
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
from pictd.model.formats import Format, Output
from pictd.model.limits import Measured, Reason, Refusal, Rules, refusal
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.uploads import UploadQuery
from pictd.tools import results
from pictd.tools.results import Result

_REFUSALS: Mapping[Reason, type[PictdError]] = {
    Reason.WIDTH: TooWide,
    Reason.HEIGHT: TooTall,
    Reason.AREA: TooManyPixels,
    Reason.FRAMES: TooManyFrames,
    Reason.FILE_SIZE: FileTooLarge,
    Reason.DISALLOWED: KindDisallowed,
    Reason.VIDEO_DISABLED: VideoDisabled,
}

Pairs = Sequence[tuple[str, str]]


class Children(Protocol):
    """``IImaging`` with a life."""

    async def start(self) -> None:
        """:raise MediaFailed: it does not start."""

    async def stop(self) -> None:
        """End all children."""

    def missing(self) -> Sequence[str]:
        """What does not work on this machine, or not now."""

    async def run(
        self, task: str, arguments: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Mapping[str, object]:
        """See ``IImaging``; without a folder, the task may write nowhere."""


@attrs.frozen
class MediaSettings:
    """What media are held against, and what is made of them.

    :ivar rules: without what a request asks for itself.
    :ivar image_format: what stills become; None leaves them as they are. So for animations.
    :ivar quality: by class ("image", "animation") and format label.
    :ivar preprocess: operations on uploads that bring none of their own.
    :ivar process_timeout: seconds for one piece of work.
    :ivar disabled: names of formats and decoders that are switched off, in small letters.
    """

    rules: Rules
    image_format: Format | None = None
    animation_format: Format | None = None
    quality: Mapping[str, Mapping[str, int]] = attrs.field(
        factory=lambda: {"image": {}, "animation": {}}
    )
    preprocess: tuple[tuple[str, str], ...] | None = None
    process_timeout: float = 30.0
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

    async def start(self) -> None:
        """Have children ready; where that fails, ``missing`` tells, and it is tried again."""
        with suppress(MediaFailed):
            await self._children.start()

    async def stop(self) -> None:
        """End all children, and wait until they are gone."""
        await self._children.stop()

    def missing(self) -> Sequence[str]:
        """See ``IMedia``."""
        return self._children.missing()

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
        order = {
            "source": str(source),
            "format": format.as_json(),
            "folder": str(folder),
            "operations": [list(pair) for pair in chain.pairs()],
            "output": output.value,
            "quality": self._settings.quality,
        }
        told = await self._of_stored("render", order, source, folder)
        made = Result.from_json(told.get("result"), folder)
        made.check()
        return Rendered(made.path, made.format, made.width, made.height, made.frames)

    async def describe(self, source: Path, format: Format) -> Measured:
        """See ``IMedia``."""
        told = await self._of_stored("describe", {"source": str(source)}, source, None)
        return _measured(told)

    async def blurhash(self, source: Path, format: Format) -> str:
        """See ``IMedia``."""
        told = await self._of_stored("blurhash", {"source": str(source)}, source, None)
        return results.blurhash(told.get("blurhash"))

    async def _of_stored(
        self, task: str, order: Mapping[str, object], source: Path, folder: Path | None
    ) -> Mapping[str, object]:
        """What we stored is our own matter: a client can't be told that its file is broken."""
        try:
            return await self._children.run(task, order, [source], folder)
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


def _refused(found: Refusal) -> PictdError:
    """:ivar limit: of sizes in bytes (contract A20)."""
    kind = _REFUSALS[found.reason]
    if found.limit is None:
        return kind()
    return kind(limit=found.limit, actual=found.actual)
