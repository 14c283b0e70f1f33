"""From what a query names to what is stored: the way that every route to media begins with."""

from __future__ import annotations

import attrs

from pictd.catalog.lookup import Lookup
from pictd.errors import ProxyNotFound, ReadOnly
from pictd.interfaces import IRepo
from pictd.model.alias import Alias
from pictd.model.records import Original
from pictd.web.queries import Query, Source


@attrs.frozen
class Sources:
    """Resolves selectors."""

    repo: IRepo
    lookup: Lookup

    async def alias(self, source: Source) -> Alias:
        """:raise ProxyNotFound: nothing is kept for the URL."""
        if source.proxy is not None:
            return await self.lookup.proxied(source.proxy)
        assert source.alias is not None, "a source names one or the other"
        return source.alias

    async def original(self, source: Source) -> Original | None:
        """:raise ProxyNotFound: nothing is kept for the URL."""
        return await self.repo.aliases.find(await self.alias(source))

    async def asked(self, raw_query: bytes) -> Original | None:
        """What the ``alias`` or ``proxy`` of a query string names.

        :raise InvalidQuery: neither can be used.
        :raise ProxyNotFound: nothing is kept for the URL.
        """
        return await self.original(Query.parse(raw_query).alias_source())

    async def shown(self, source: Source) -> Original | None:
        """As ``original``, for routes that show media: there a URL that is not known yet is a
        change, which a read-only server refuses (spec http-api 2.13).

        :raise ReadOnly: nothing is kept for the URL, and nothing may be fetched.
        """
        try:
            return await self.original(source)
        except ProxyNotFound:
            if self.lookup.read_only:
                raise ReadOnly from None
            raise
