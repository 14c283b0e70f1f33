"""Taking away: by delete token in public, and without one for the operator."""

from __future__ import annotations

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.web.answers import send_empty, send_json
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route
from pictd.web.sources import Sources


@attrs.frozen
class Deleting:
    """Aliases, files and variants on their way out."""

    parts: Parts
    sources: Sources

    def routes(self) -> list[Route]:
        """What this family answers."""
        by_token = {b"GET": self.by_token, b"DELETE": self.by_token}
        return [
            Route("/image/delete/<token>/<filename>", by_token),
            Route("/internal/delete", {b"POST": self.without_token}),
            Route("/internal/purge", {b"POST": self.purge}),
            Route("/internal/variants", {b"DELETE": self.drop_variants}),
        ]

    async def by_token(self, request: PictdRequest, token: str, filename: str) -> None:
        """204 also for what is gone already."""
        self.parts.refuse_if_read_only()
        await self.parts.removal.delete(Alias.parse(filename), DeleteToken.parse(token))
        send_empty(request, 204)

    async def without_token(self, request: PictdRequest) -> None:
        """Only this alias; the file goes with its last one."""
        source = Query.parse(request.query).alias_source()
        self.parts.refuse_if_read_only()
        if await self.parts.removal.delete_without_token(await self.sources.alias(source)):
            return send_json(request, 200, {"msg": "ok"})
        return send_empty(request, 404)

    async def purge(self, request: PictdRequest) -> None:
        """The file under all its names, which the answer lists."""
        source = Query.parse(request.query).alias_source()
        self.parts.refuse_if_read_only()
        aliases = await self.parts.removal.purge(await self.sources.alias(source))
        send_json(request, 200, {"msg": "ok", "aliases": [str(alias) for alias in aliases]})

    async def drop_variants(self, request: PictdRequest) -> None:
        """A job does it."""
        self.parts.refuse_if_read_only()
        await self.parts.removal.drop_all_variants()
        send_empty(request, 204)
