"""The whole of ``web`` on a loopback port, with backends in memory behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.jobs.prune import Prune
from pictd.metrics import Metrics
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from pictd.web.app import entrance
from pictd.web.parts import Exports, Parts, WebSettings
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite
from tests.support.media import PlainMedia
from tests.support.remote import PlainRemote
from tests.support.scratch import SynchronousScratch

KEY = "the key of these tests"
FILTERS = ("blur", "crop", "identity", "resize", "thumbnail")
SETTINGS = WebSettings(
    api_key=KEY, read_only=False, max_file_count=3, max_file_size=100_000, filters=FILTERS
)


@attrs.frozen
class Reply:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        import json

        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        found: list[str] = self.headers.getRawHeaders(name) or []
        return found[0] if found else None


class ServerTestCase(TestCase):
    """A test with a server of its own.

    :ivar settings: may be set by subclasses.
    :ivar new_store: likewise.
    """

    settings = SETTINGS
    new_store = MemoryStore

    def setUp(self) -> None:
        clock: Any = reactor
        root = Path(self.mktemp())
        root.mkdir(parents=True)
        self.repo, self.store = MemoryRepo(), self.new_store(IReactorTime(clock))
        self.media, self.scratch = PlainMedia(), SynchronousScratch(root)
        backends = (self.repo, self.store, self.media, self.scratch, clock)
        ingesting = IngestBackends(*backends)
        ingest = Ingest(ingesting)
        self.remote = PlainRemote()
        downloads = Downloads(self.remote, self.scratch, self.settings.max_file_size)
        metrics = Metrics()
        self.parts = Parts(
            *backends,
            lookup=Lookup(*backends, read_only=self.settings.read_only),
            removal=Removal(self.repo, clock, metrics),
            access=AccessLog(self.repo, clock),
            ingest=ingest,
            generate=Generate(GenerateBackends(*backends)),
            queueing=Queueing(ingesting),
            downloads=downloads,
            proxies=Proxies(self.repo, ingest, downloads, clock, remember=60),
            prune=Prune(self.repo, self.store, clock, most_missing=0.5),
            exports=Exports(self.export, root / "exports"),
            settings=self.settings,
            metrics=metrics,
        )
        self.site: Any = PictdSite(entrance(self.parts), clock, BodyLimits(10_000_000))
        self.port = clock.listenTCP(0, self.site, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.pool = HTTPConnectionPool(clock, persistent=False)
        self.client = HTTPClient(Agent(clock, pool=self.pool))

    async def export(self, folder: Path) -> Path:
        """As an embedded database would."""
        folder.mkdir(parents=True)
        return folder

    async def ask(self, method: str, path: str, **more: Any) -> Reply:
        """One request. ``key=True`` sends the API key."""
        headers = dict(more.pop("headers", {}))
        if more.pop("key", False):
            headers["x-api-token"] = KEY
        url = f"http://127.0.0.1:{self.port.getHost().port}{path}"
        response = await self.client.request(
            method, url, headers=headers, allow_redirects=False, **more
        )
        body: bytes = await treq.content(response)
        return Reply(response.code, response.headers, body)

    async def get(self, path: str, **more: Any) -> Reply:
        """GET."""
        return await self.ask("GET", path, **more)

    async def upload(self, *files: bytes, path: str = "/image", **more: Any) -> Reply:
        """POST a form of files named ``0.png``, ``1.png``, …"""
        parts = [("images[]", (f"{n}.png", "image/png", data)) for n, data in enumerate(files)]
        return await self.ask("POST", path, files=[(k, _part(v)) for k, v in parts], **more)

    async def ingested(self, data: bytes = b"picture") -> dict[str, Any]:
        """Upload a file, which must be taken; its entry."""
        reply = await self.upload(data)
        self.assertEqual(reply.status, 201, reply.body)
        entry: dict[str, Any] = reply.json["files"][0]
        return entry


def _part(part: tuple[str, str, bytes]) -> tuple[str, str, Any]:
    import io

    name, kind, data = part
    return name, kind, io.BytesIO(data)


def settled() -> Deferred[None]:
    """Fires when the reactor has gone round once."""
    clock: Any = reactor
    waiter: Deferred[None] = Deferred()
    clock.callLater(0, waiter.callback, None)
    return waiter
