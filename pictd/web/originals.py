"""Stored files as they are: ``/image/original``, by path or by query."""

from __future__ import annotations

import attrs

from pictd.model.alias import Alias
from pictd.model.records import Original
from pictd.web.answers import send_empty
from pictd.web.media import MediaSender, Served
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route
from pictd.web.sources import Sources


@attrs.frozen
class Originals:
    """GET and HEAD of originals."""

    parts: Parts
    sources: Sources
    sender: MediaSender

    def routes(self) -> list[Route]:
        """What this family answers."""
        by_path = {b"GET": self.by_path, b"HEAD": self.by_path}
        by_query = {b"GET": self.by_query, b"HEAD": self.by_query}
        return [
            Route("/image/original/<filename>", by_path, is_hot=True),
            Route("/image/original", by_query),
        ]

    async def by_path(self, request: PictdRequest, filename: str) -> None:
        """The query does not matter."""
        await self._send(request, await self.parts.repo.aliases.find(Alias.parse(filename)))

    async def by_query(self, request: PictdRequest) -> None:
        """By ``alias`` or ``proxy``."""
        source = Query.parse(request.query).alias_source()
        find = self.sources.shown if request.method == b"GET" else self.sources.original
        await self._send(request, await find(source))

    async def _send(self, request: PictdRequest, original: Original | None) -> None:
        if original is None:
            return await self._send_not_found(request)
        details = await self.parts.lookup.details(original)
        return await self.sender.send(request, Served.original(original, details))

    async def _send_not_found(self, request: PictdRequest) -> None:
        picture = None
        if request.method == b"GET":
            picture = await self.parts.lookup.not_found_picture()
        if picture is None:
            return send_empty(request, 404)
        details = await self.parts.lookup.details(picture)
        return await self.sender.send_not_found(request, Served.original(picture, details))
