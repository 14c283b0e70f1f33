"""The whole of ``web`` on a loopback port, with backends in memory behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import attrs
import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IReactorTime
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from pictd.interfaces.stores import IStore
from pictd.metrics import Metrics
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from pictd.web.accel import Accel
from pictd.web.app import entrance
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite
from tests.support.exchange import Caller
from tests.support.media import PlainMedia
from tests.support.parts import KEY, SETTINGS, parts
from tests.support.remote import PlainRemote
from tests.support.scratch import SynchronousScratch
from tests.support.waiting import until


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
    :ivar accel_prefix: likewise; None: the server sends all bytes itself.
    """

    settings = SETTINGS
    new_store = MemoryStore
    accel_prefix: str | None = None

    def setUp(self) -> None:
        clock: Any = reactor
        root = Path(self.mktemp())
        root.mkdir(parents=True)
        metrics = Metrics()
        self.repo, self.store = MemoryRepo(metrics), self.new_store(IReactorTime(clock))
        self.media, self.scratch = PlainMedia(), SynchronousScratch(root)
        self.remote, self.exports = PlainRemote(), root / "exports"
        backends = (self.repo, self.store, self.media, self.scratch, clock)
        self.parts = parts(backends, self.remote, self.settings, self.exports, metrics)
        if self.accel_prefix is not None:
            accel = Accel(self.accel_prefix, self.accelerated())
            self.parts = attrs.evolve(self.parts, accel=accel)
        self.site: Any = PictdSite(entrance(self.parts), clock, BodyLimits(10_000_000))
        self.port = clock.listenTCP(0, self.site, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.guests: list[Caller] = []
        self.addCleanup(lambda: Deferred.fromCoroutine(self._send_away()))
        self.pool = HTTPConnectionPool(clock, persistent=False)
        self.client = HTTPClient(Agent(clock, pool=self.pool))

    def accelerated(self) -> IStore:
        """The store from which the reverse proxy sends files."""
        return self.store

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

    async def guest(self, data: bytes) -> Caller:
        """Somebody who has connected and sends this by hand; who is still there at the end of the
        test is sent away."""
        port = self.port.getHost().port
        caller = Caller()
        endpoint = TCP4ClientEndpoint(cast(Any, reactor), "127.0.0.1", port)
        await connectProtocol(endpoint, caller)
        caller.transport.write(data)
        self.guests.append(caller)
        return caller

    async def _send_away(self) -> None:
        async def is_alone() -> bool:
            return not self.site.channels

        for each in self.guests:
            each.transport.abortConnection()
        await self.until(is_alone)

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds."""
        await until(condition, 10, lambda: "it never did")

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
