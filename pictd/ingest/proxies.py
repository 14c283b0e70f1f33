"""Remote URLs that are shown as if they were uploads (spec http-api §3.9).

The first request for a URL downloads and ingests it, however many come at the same time, and to
whichever node; later ones find it by its alias. The relation is recorded in the step that publishes
the file, so a crash leaves either both or neither. A failure is remembered for a while, so that a
server in trouble is not asked with every request.
"""

from __future__ import annotations

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from pictd.claiming import Alone, Claiming
from pictd.coalescing import Coalescer
from pictd.errors import PictdError, ProxyNotFound, UpstreamRefused, UrlAlreadyProxied
from pictd.ingest.downloads import Downloads
from pictd.ingest.service import Ingest
from pictd.ingest.session import Filing
from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics
from pictd.model.alias import Alias
from pictd.model.claims import proxy_claim
from pictd.model.records import Original
from pictd.model.uploads import UploadQuery

LONGEST_MEMORY = 24 * 3600.0
"""Seconds; other servers can't ask for more."""


class Proxies(Service):
    """Brings in what is not there yet.

    :param remember: seconds in which a failed download is not tried again.
    :param metrics: None: nobody reads them.
    :param claiming: None: no other process works on the same facts.
    """

    def __init__(
        self,
        repo: IRepo,
        ingest: Ingest,
        downloads: Downloads,
        clock: IReactorTime,
        remember: float,
        metrics: Metrics | None = None,
        claiming: Claiming | None = None,
    ) -> None:
        joined = (metrics or Metrics()).joined
        self._repo = repo
        self._ingest = ingest
        self._downloads = downloads
        self._remember = remember
        self._claiming = claiming or Alone()
        self._fetches: Coalescer[Alias] = Coalescer(
            clock, self._memory, lambda: joined.add(work="proxy")
        )

    async def original(self, url: str) -> Original:
        """What the URL, in its normalised spelling, leads to. Cancelling stops the waiting, not the
        download.

        :raise ProxyNotFound: it was removed at the same moment.
        :raise PictdError: of the download, or of what came of it; remembered for a while.
        """
        alias = await self._repo.proxies.find(url)
        if alias is None:
            alias = await self._fetches.get(url, lambda: self._fetch(url))
        original = await self._repo.aliases.find(alias)
        if original is None:
            raise ProxyNotFound
        return original

    def stopService(self) -> Deferred[None]:
        """Wait for the downloads at hand."""
        super().stopService()
        return self._fetches.idle()

    async def _fetch(self, url: str) -> Alias:
        return await self._claiming.once(
            proxy_claim(url), lambda: self._repo.proxies.find(url), lambda: self._download(url)
        )

    async def _download(self, url: str) -> Alias:
        received = await self._downloads.received(url)
        try:
            ingested = await self._ingest.ingest(received, UploadQuery(), Filing(url=url))
        except UrlAlreadyProxied:
            known = await self._repo.proxies.find(url)
            if known is None:
                raise ProxyNotFound from None
            return known
        return ingested.alias

    def _memory(self, error: PictdError) -> float:
        asked = error.retry_after if isinstance(error, UpstreamRefused) else None
        return self._remember if asked is None else min(max(asked, self._remember), LONGEST_MEMORY)
