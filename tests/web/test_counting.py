"""Requests are counted by route and status."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.metrics import Metrics
from pictd.web.counting import RequestCounts
from pictd.web.request import PictdRequest
from tests.support.exchange import Exchange, Handler
from tests.support.figures import figure
from tests.support.server import ServerTestCase

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
ROUTE = {"path": 'Some("/image/{name}")'}


class CountingTests(SynchronousTestCase):
    """One connection in memory."""

    def exchange(self, handler: Handler) -> Exchange:
        """A connection whose requests are counted."""
        exchange = Exchange(handler)
        counts = RequestCounts()
        self.registry = Metrics().registry
        self.registry.register(counts)
        exchange.site.watches = [counts]
        return exchange

    def count(self, which: str, **labels: str) -> float:
        """Of ``pict_rs_request_…``."""
        return figure(self.registry, f"pict_rs_request_{which}", **labels)

    def test_an_answer(self) -> None:
        """Begun and ended once, by the pattern of its route."""

        async def answer(request: PictdRequest) -> bytes:
            request.route = "/image/<name>"
            return b"body"

        exchange = self.exchange(answer)
        exchange.send(GET + GET)
        self.assertEqual(self.count("start", **ROUTE), 2)
        self.assertEqual(self.count("end", status="200 OK", **ROUTE), 2)

    def test_time(self) -> None:
        """From the end of the head to the end of the answer; meanwhile it has begun."""
        gate: Deferred[bytes] = Deferred()

        async def wait(request: PictdRequest) -> bytes:
            return await gate

        exchange = self.exchange(wait)
        exchange.send(GET)
        self.assertEqual((self.count("start"), self.count("end")), (1, 0))
        exchange.clock.advance(3)
        gate.callback(b"")
        self.assertEqual(self.count("timings_sum", status="200 OK"), 3)

    def test_a_client_that_leaves(self) -> None:
        """The end has no status where nothing was answered, and is counted once."""

        async def wait(request: PictdRequest) -> bytes:
            return await Deferred()

        exchange = self.exchange(wait)
        exchange.send(GET)
        exchange.leave()
        ends = [
            each.labels
            for metric in self.registry.collect()
            if metric.name.endswith("_end")
            for each in metric.samples
        ]
        self.assertEqual((ends, self.count("end")), ([{"path": "None"}], 1))

    def test_a_head_that_never_ends(self) -> None:
        """It is no request."""

        async def answer(request: PictdRequest) -> bytes:
            return b""

        exchange = self.exchange(answer)
        exchange.send(GET[:-2])
        exchange.leave()
        self.assertEqual((self.count("start"), self.count("end")), (0, 0))

    def test_an_early_answer(self) -> None:
        """Counted once, though the rest of the body comes, or is lost, later."""

        async def answer(request: PictdRequest) -> bytes:
            return b""

        exchange = self.exchange(answer)
        exchange.send(b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n123")
        exchange.leave()
        self.assertEqual(self.count("end"), 1)

    def test_bodies(self) -> None:
        """Their bytes are counted, both ways."""

        async def echo(request: PictdRequest) -> bytes:
            return await request.read_all(9)

        self.exchange(echo).send(b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\n123")
        self.assertEqual(figure(self.registry, "pictd_request_bytes"), 3)
        self.assertEqual(figure(self.registry, "pictd_response_bytes"), 3)


class RouteTests(ServerTestCase):
    """All of ``web``."""

    def setUp(self) -> None:
        super().setUp()
        counts = RequestCounts()
        self.registry: Any = self.parts.metrics.registry
        self.registry.register(counts)
        self.site.watches = [counts]

    async def test_labels_are_bounded(self) -> None:
        """Whatever clients ask for, ``path`` is a route's pattern or ``None``."""
        entry = await self.ingested()
        for path in (f"/image/original/{entry['file']}", "/image/original/none.png", "/nowhere"):
            await self.get(path)
        paths = {
            sample.labels["path"]
            for metric in self.registry.collect()
            for sample in metric.samples
            if "path" in sample.labels
        }
        self.assertEqual(paths, {'Some("/image")', 'Some("/image/original/{filename}")', "None"})

    async def test_files(self) -> None:
        """By the way they came, also those that are refused."""
        await self.upload(b"one", b"two")
        await self.upload(b"three", path="/internal/import", key=True)
        self.assertEqual(figure(self.registry, "pict_rs_files", upload="inline"), 2)
        self.assertEqual(figure(self.registry, "pict_rs_files", **{"import": "inline"}), 1)

    async def test_files_for_the_queue(self) -> None:
        """And what is downloaded, at once or for the queue; who claims is counted, once."""
        reply = await self.upload(b"one", path="/image/backgrounded")
        for more in ("", "&backgrounded=true"):
            await self.get(f"/image/download?url=http://pictures.example/{more}")
        for way in ({"upload": "background"}, {"download": "inline"}, {"download": "background"}):
            self.assertEqual(figure(self.registry, "pict_rs_files", **way), 1, way)
        id = reply.json["uploads"][0]["upload_id"]
        await self.repo.uploads.fail(id, "broken", "command-failure")
        for _ in range(2):
            await self.get(f"/image/backgrounded/claim?upload_id={id}")
        self.assertEqual(figure(self.registry, "pict_rs_background_upload_claim"), 1)

    async def test_jobs_that_are_asked_for(self) -> None:
        """A second one while the first is queued is none."""
        for _ in range(2):
            await self.ask("DELETE", "/internal/variants", key=True)
        for pushed in ("true", "false"):
            count = figure(self.registry, "pict_rs_queue_push", completed=pushed, queue="cleanup")
            self.assertEqual(count, 1, pushed)
