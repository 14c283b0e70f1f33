"""What is stored, for the operator: ``hashes``, ``aliases``, ``identifier``."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pictd.errors import AliasNotFound
from pictd.model.alias import Alias
from pictd.model.hashes import Hash
from pictd.model.records import Listed, Page
from pictd.web.answers import send_json
from pictd.web.parts import Parts
from pictd.web.queries import U64, Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route
from pictd.web.sources import Sources

DEFAULT_LIMIT = 20


@attrs.frozen
class Listing:
    """Look-ups of the operator."""

    parts: Parts
    sources: Sources

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [
            Route("/internal/hashes", {b"GET": self.hashes}),
            Route("/internal/aliases", {b"GET": self.aliases}),
            Route("/internal/identifier", {b"GET": self.identifier}),
        ]

    async def hashes(self, request: PictdRequest) -> None:
        """A page of the listing, newest first; a timestamp wins over a slug."""
        query = Query.parse(request.query)
        limit = query.unsigned("limit", U64)
        limit = DEFAULT_LIMIT if limit is None else limit
        moment, slug = query.moment("timestamp"), query.text("slug")
        page = await self._page(moment, slug, limit)
        send_json(request, 200, {"msg": "ok", "page": _as_json(page, limit)})

    async def aliases(self, request: PictdRequest) -> None:
        """All names of a file; none for an unknown one."""
        original = await self.sources.asked(request.query)
        found: Sequence[Alias] = ()
        if original is not None:
            found = await self.parts.repo.aliases.of_hash(original.record.hash)
        send_json(request, 200, {"msg": "ok", "aliases": [str(alias) for alias in found]})

    async def identifier(self, request: PictdRequest) -> None:
        """The store's key of a file."""
        original = await self.sources.asked(request.query)
        if original is None:
            raise AliasNotFound
        send_json(request, 200, {"msg": "ok", "identifier": original.record.identifier})

    async def _page(self, moment: int | None, slug: str | None, limit: int) -> Page:
        if moment is not None:
            return await self.parts.repo.hashes.page_before(moment, limit)
        return await self.parts.repo.hashes.page(_position(slug), limit)


def _position(slug: str | None) -> Hash | None:
    """A slug that names nothing gives the first page."""
    try:
        return None if slug is None else Hash.from_slug(slug)
    except ValueError:
        return None


def _as_json(page: Page, limit: int) -> dict[str, object]:
    shown: dict[str, object] = {"limit": limit, "hashes": [_entry(each) for each in page.entries]}
    if page.entries:
        shown["current"] = page.entries[0].record.hash.slug
    if page.previous is not None:
        shown["prev"] = page.previous.slug
    if page.next is not None:
        shown["next"] = page.next.slug
    return shown


def _entry(listed: Listed) -> dict[str, object]:
    details = listed.details
    return {
        "hex": listed.record.hash.hex,
        "aliases": [str(alias) for alias in listed.aliases],
        "details": details and details.as_public_json(listed.record.blurhash),
    }
