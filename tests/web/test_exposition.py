"""What the listener for metrics serves."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import RepoUnavailable
from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.memory import MemoryRepo
from pictd.web.exposition import Exposition, Figures
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite
from tests.support.exchange import Wire


class AwayRepo(MemoryRepo):
    """One that can't be asked."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs = self  # type: ignore[assignment]

    async def length(self, queue: Queue) -> int:
        """Nobody knows."""
        raise RepoUnavailable


class ExpositionTests(SynchronousTestCase):
    """One connection in memory."""

    def setUp(self) -> None:
        self.metrics, self.repo = Metrics(), MemoryRepo()
        self.resource = Exposition(Figures(self.metrics, self.repo).gathered)

    def answer(self, path: str) -> tuple[bytes, bytes]:
        """Head and body."""
        site = PictdSite(self.resource, Clock(), BodyLimits(0))
        wire, channel = Wire(), site.buildProtocol(None)
        assert channel is not None
        channel.makeConnection(wire)
        channel.dataReceived(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        head, _, body = wire.value().partition(b"\r\n\r\n")
        return head, body

    def test_figures(self) -> None:
        """At both places, with the type that Prometheus asks for."""
        self.metrics.files.add(upload="inline")
        for path in ("/", "/metrics", "/metrics?x=y"):
            head, body = self.answer(path)
            self.assertIn(b"200 OK", head)
            self.assertIn(b"content-type: text/plain; version=0.0.4", head)
            self.assertIn(b'pict_rs_files{upload="inline"} 1.0\n', body)

    def test_health(self) -> None:
        """The word alone."""
        head, body = self.answer("/health")
        self.assertTrue(head.startswith(b"HTTP/1.1 200 OK"))
        self.assertEqual(body, b"OK")

    def test_other_paths(self) -> None:
        """404, without figures."""
        self.metrics.files.add(upload="inline")
        head, body = self.answer("/any/other")
        self.assertTrue(head.startswith(b"HTTP/1.1 404 "))
        self.assertNotIn(b"pict_rs", body)

    def test_queue_lengths(self) -> None:
        """As they are when they are asked for."""
        push = self.repo.jobs.push(Queue.PROCESS, "Kind", 0)
        self.successResultOf(Deferred.fromCoroutine(push))
        _, body = self.answer("/metrics")
        self.assertIn(b'pictd_queue_length{queue="process"} 1.0\n', body)
        self.assertIn(b'pictd_queue_length{queue="cleanup"} 0.0\n', body)

    def test_a_database_that_is_away(self) -> None:
        """All else is shown."""
        metrics = Metrics()
        self.resource = Exposition(Figures(metrics, AwayRepo()).gathered)
        metrics.files.add(upload="inline")
        head, body = self.answer("/metrics")
        self.assertIn(b"200 OK", head)
        self.assertIn(b"pict_rs_files", body)
        self.assertNotIn(b"pictd_queue_length{", body)
