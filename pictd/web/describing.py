"""Facts of originals: ``details/original`` and ``blurhash``."""

from __future__ import annotations

import attrs

from pictd.errors import AliasNotFound
from pictd.model.alias import Alias
from pictd.model.records import Original
from pictd.web.answers import send_json
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route
from pictd.web.sources import Sources


@attrs.frozen
class Describing:
    """Facts about media, as JSON; the 404 picture never stands in here."""

    parts: Parts
    sources: Sources

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [
            Route("/image/details/original/<filename>", {b"GET": self.by_path}),
            Route("/image/details/original", {b"GET": self.by_query}),
            Route("/image/blurhash", {b"GET": self.blurhash}),
        ]

    async def by_path(self, request: PictdRequest, filename: str) -> None:
        """The query does not matter."""
        await self._describe(request, await self.parts.repo.aliases.find(Alias.parse(filename)))

    async def by_query(self, request: PictdRequest) -> None:
        """By ``alias`` or ``proxy``."""
        await self._describe(request, await self.sources.asked(request.query))

    async def blurhash(self, request: PictdRequest) -> None:
        """Known since the upload; made now for what was taken over without one."""
        original = await self.sources.shown(Query.parse(request.query).alias_source())
        if original is None:
            raise AliasNotFound
        blurhash = await self.parts.lookup.blurhash(original)
        send_json(request, 200, {"msg": "ok", "blurhash": blurhash})

    async def _describe(self, request: PictdRequest, original: Original | None) -> None:
        if original is None:
            raise AliasNotFound
        details = await self.parts.lookup.details(original)
        send_json(request, 200, details.as_public_json(original.record.blurhash))
