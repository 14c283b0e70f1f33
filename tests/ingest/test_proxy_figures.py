"""What is counted of proxied URLs."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from pictd.errors import UpstreamUnreachable
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from tests.ingest.ingest_case import IngestTestCase
from tests.support.figures import figure
from tests.support.remote import PlainRemote

URL = "http://pictures.example/a.png"


class ProxyFiguresTests(IngestTestCase):
    """Another server, which has nothing, and says so when the test likes."""

    def test_those_who_join_a_download(self) -> None:
        """All but the first."""
        gate: Deferred[None] = Deferred()
        remote = PlainRemote(gate=gate)
        downloads = Downloads(remote, self.scratch, 1000)
        backends = self.repo, self.ingest, downloads, self.clock
        proxies = Proxies(*backends, 60, self.metrics)
        waiters = [Deferred.fromCoroutine(proxies.original(URL)) for _ in range(3)]
        gate.callback(None)
        for waiter in waiters:
            self.failureResultOf(waiter, UpstreamUnreachable)
        joined = figure(self.metrics.registry, "pictd_coalesced", work="proxy")
        self.assertEqual((joined, len(remote.asked)), (2, 1))
