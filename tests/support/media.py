"""An ``IMedia`` that decodes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from pictd.errors import PictdError
from pictd.interfaces.media import IMedia
from pictd.model.formats import Format, Kind, Output
from pictd.model.hashes import Hash
from pictd.model.limits import Measured
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.uploads import UploadQuery


def _nothing() -> None:
    return None


@implementer(IMedia)
@attrs.define
class PlainMedia:
    """Takes every file for a picture of 4 by 3 pixels; a variant is the source and its key.

    :ivar failure: raised by everything, while it is set.
    :ivar rendering_failure: raised by renditions alone.
    :ivar gated: work waits for a Deferred of its own in ``waiting`` before it is done.
    :ivar format: what every file is taken for.
    :ivar drawn: how many still frames were made.
    :ivar rendered: keys of the variants that were made.
    :ivar queries: of uploads, in the order in which they came.
    """

    failure: PictdError | None = None
    rendering_failure: PictdError | None = None
    gated: bool = False
    waiting: list[Deferred[None]] = attrs.field(factory=list)
    format: Format = Format.IMAGE_PNG
    drawn: int = 0
    rendered: list[str] = attrs.field(factory=list)
    queries: list[UploadQuery] = attrs.field(factory=list)
    on_work: Callable[[], None] = _nothing

    async def _work(self) -> None:
        self.on_work()
        if self.failure is not None:
            raise self.failure
        if self.gated:
            waiter: Deferred[None] = Deferred()
            self.waiting.append(waiter)
            await waiter

    async def normalise(self, source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """The file as it is."""
        self.queries.append(query)
        await self._work()
        data = source.read_bytes()
        result = folder / "result"
        result.write_bytes(data)
        digest = hashlib.sha256(data).digest()
        return Normalised(result, Hash(digest, len(data), self.format), 4, 3, None, "BLUR")

    async def render(
        self, source: Path, format: Format, folder: Path, chain: Chain, output: Output
    ) -> Rendered:
        """The source's bytes and the variant key."""
        await self._work()
        key = chain.key(output)
        self.rendered.append(key)
        result = folder / "variant"
        result.write_bytes(source.read_bytes() + key.encode())
        return Rendered(result, output.result(Kind.IMAGE), 2, 1, None)

    async def rendition(self, source: Path, format: Format, folder: Path) -> Path:
        """The word still, and the source's bytes."""
        await self._work()
        if self.rendering_failure is not None:
            raise self.rendering_failure
        result = folder / "rendition"
        result.write_bytes(b"still " + source.read_bytes())
        return result

    async def motion(self, source: Path, format: Format, folder: Path) -> Rendered:
        """The source's bytes, shorter."""
        await self._work()
        self.drawn += 1
        result = folder / "motion"
        result.write_bytes(source.read_bytes()[:-1])
        return Rendered(result, Format.IMAGE_JPEG, 4, 3, None)

    async def describe(self, source: Path, format: Format) -> Measured:
        """4 by 3."""
        await self._work()
        return Measured(format, 4, 3, None, source.stat().st_size)

    async def blurhash(self, source: Path, format: Format, folder: Path) -> str:
        """Always the same."""
        await self._work()
        return "BLUR"

    def missing(self) -> Sequence[str]:
        """Nothing."""
        return ()
