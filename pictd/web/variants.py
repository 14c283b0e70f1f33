"""Derived files: ``process``, ``process_backgrounded`` and ``details/process``.

The request is checked whole before anything is looked up: selectors, then the extension, then the
operations (spec http-api §4.10; contract A18).
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from pictd import errors
from pictd.generate.service import Recipe
from pictd.jobs.processing import queue_variant
from pictd.model.formats import Output
from pictd.model.operations import BadOperation, allowed, parse_chain
from pictd.model.records import Original, Variant
from pictd.web.answers import send_empty, send_json
from pictd.web.media import MediaSender, Served
from pictd.web.parts import Parts
from pictd.web.queries import Query, Source
from pictd.web.request import PictdRequest
from pictd.web.routing import Route
from pictd.web.sources import Sources


@attrs.frozen
class Asked:
    """What a request on this family asks for."""

    source: Source
    recipe: Recipe


_MOST_REMEMBERED = 512
"""Characters of a request; longer ones are parsed each time, lest clients fill the memory."""


def parse(raw_query: bytes, extension: str, filters: tuple[str, ...]) -> Asked:
    """What a request means.

    :raise InvalidQuery: no source is named.
    :raise BadOutputExtension: of the path.
    :raise BadOperation: an operation that the filters let through is wrong.
    """
    query = Query.parse(raw_query)
    source = query.process_source()
    output = Output.from_extension(extension)
    if output is None:
        raise errors.BadOutputExtension(extension=extension)
    try:
        chain = parse_chain(allowed(query.pairs, filters))
    except BadOperation as error:
        raise errors.BadOperation(field=error.field) from None
    return Asked(source, Recipe(chain, output))


_remembered = lru_cache(4096)(parse)
"""Pages ask for the same variants again and again."""


@attrs.frozen
class Variants:
    """The process family of routes."""

    parts: Parts
    sources: Sources
    sender: MediaSender

    def routes(self) -> list[Route]:
        """What this family answers."""
        process = {b"GET": self.show, b"HEAD": self.head}
        return [
            Route("/image/process.<extension>", process, is_hot=True),
            Route("/image/process_backgrounded.<extension>", {b"GET": self.queue}),
            Route("/image/details/process.<extension>", {b"GET": self.describe}),
        ]

    async def show(self, request: PictdRequest, extension: str) -> None:
        """The variant; made now where it is not there."""
        asked = self._asked(request, extension)
        original = await self.sources.shown(asked.source)
        if original is None:
            return await self._show_not_found(request, asked.recipe)
        served = await self._served(original, asked.recipe)
        return await self.sender.send(request, served)

    async def head(self, request: PictdRequest, extension: str) -> None:
        """The headers of a variant that is there; nothing is made."""
        asked = self._asked(request, extension)
        try:
            original = await self.sources.original(asked.source, noted=False)
        except errors.ProxyNotFound:
            original = None
        served = await self._existing(original, asked.recipe)
        if served is None:
            return send_empty(request, 404)
        return await self.sender.send(request, served)

    async def queue(self, request: PictdRequest, extension: str) -> None:
        """202: the variant is there, or a job will make it."""
        asked = self._asked(request, extension)
        try:
            alias = await self.sources.alias(asked.source, noted=False)
        except errors.ProxyNotFound:
            return send_empty(request, 404)
        original = await self.parts.repo.aliases.find(alias)
        if original is None:
            return send_empty(request, 400)
        if await self.parts.generate.find(original.record.hash, asked.recipe) is None:
            self.parts.refuse_if_read_only()
            await queue_variant(self.parts.repo, alias, asked.recipe, self.parts.clock)
        return send_empty(request, 202)

    async def describe(self, request: PictdRequest, extension: str) -> None:
        """The details of a variant that is there."""
        asked = self._asked(request, extension)
        original = await self.sources.original(asked.source)
        served = await self._existing(original, asked.recipe)
        if served is None:
            raise errors.AliasNotFound
        send_json(request, 200, served.details.as_public_json())

    def _asked(self, request: PictdRequest, extension: str) -> Asked:
        short = len(request.query) + len(extension) <= _MOST_REMEMBERED
        meaning = _remembered if short else parse
        return meaning(request.query, extension, self.parts.settings.filters)

    async def _find(self, original: Original, recipe: Recipe) -> Variant | None:
        found = await self.parts.generate.find(original.record.hash, recipe)
        if found is not None:
            self.parts.access.note(original.record.hash, recipe.key)
        return found

    async def _existing(self, original: Original | None, recipe: Recipe) -> Served | None:
        found = None if original is None else await self._find(original, recipe)
        if original is None or found is None:
            return None
        return await self._described(found, original, recipe)

    async def _served(self, original: Original, recipe: Recipe) -> Served:
        found = await self._find(original, recipe)
        if found is None:
            self.parts.refuse_if_read_only()
            found = await self.parts.generate.make(original, recipe)
        return await self._described(found, original, recipe)

    async def _described(self, found: Variant, original: Original, recipe: Recipe) -> Served:
        details = found.details
        if details is None:
            expected = recipe.output.result(original.record.hash.format.kind)
            details = await self.parts.lookup.variant_details(found, expected)
        return Served.variant(found, details)

    async def _show_not_found(self, request: PictdRequest, recipe: Recipe) -> None:
        picture = await self.parts.lookup.not_found_picture()
        if picture is None:
            return send_empty(request, 404)
        served = await self._served(picture, recipe)
        return await self.sender.send_not_found(request, served)
