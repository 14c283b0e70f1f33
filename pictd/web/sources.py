"""From what a query names to what is stored: the way that every route to media begins with."""

from __future__ import annotations

import attrs

from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.errors import ProxyNotFound, ReadOnly
from pictd.ingest.proxies import Proxies
from pictd.interfaces.repos import IRepo
from pictd.model.alias import Alias
from pictd.model.records import Original
from pictd.web.parts import Parts
from pictd.web.queries import Query, Source


@attrs.frozen
class Sources:
    """Resolves selectors."""

    repo: IRepo
    lookup: Lookup
    proxies: Proxies
    access: AccessLog

    @classmethod
    def of(cls, parts: Parts) -> Sources:
        """Of a server."""
        return cls(parts.repo, parts.lookup, parts.proxies, parts.access)

    async def alias(self, source: Source, noted: bool = True) -> Alias:
        """:param noted: whether this keeps a proxied file alive.
        :raise ProxyNotFound: nothing is kept for the URL.
        """
        if source.proxy is None:
            assert source.alias is not None, "a source names one or the other"
            return source.alias
        alias = await self.lookup.proxied(source.proxy)
        if noted:
            self.access.note_url(source.proxy)
        return alias

    async def original(self, source: Source, noted: bool = True) -> Original | None:
        """:raise ProxyNotFound: nothing is kept for the URL."""
        return await self.repo.aliases.find(await self.alias(source, noted))

    async def asked(self, raw_query: bytes) -> Original | None:
        """What the ``alias`` or ``proxy`` of a query string names.

        :raise InvalidQuery: neither can be used.
        :raise ProxyNotFound: nothing is kept for the URL.
        """
        return await self.original(Query.parse(raw_query).alias_source())

    async def shown(self, source: Source) -> Original | None:
        """As ``original``, for routes that show media: there a URL that is not known yet is
        downloaded, which a read-only server refuses (spec http-api 2.13).

        :raise ReadOnly: nothing is kept for the URL, and nothing may be fetched.
        :raise PictdError: of the download, or of what came of it.
        """
        try:
            return await self.original(source)
        except ProxyNotFound:
            if self.lookup.read_only:
                raise ReadOnly from None
        assert source.proxy is not None, "an alias is no URL that is not known"
        return await self.proxies.original(source.proxy)
