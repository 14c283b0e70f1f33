"""An ingest service on backends in memory."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Filing, Ingested
from pictd.metrics import Metrics
from pictd.model.alias import Alias
from pictd.model.uploads import UploadQuery
from tests.support.services import ServicesTestCase


class IngestTestCase(ServicesTestCase):
    """Uploads files as a request does."""

    def setUp(self) -> None:
        super().setUp()
        self.metrics = Metrics()
        self.ingest = Ingest(Backends(*self.backends, metrics=self.metrics))

    def begin(self, data: bytes = b"picture", name: str | None = None) -> Deferred[Ingested]:
        """Begin to ingest a file."""
        declared = None if name is None else Alias.parse(name)
        return self.ingest.ingest(self.received(data), UploadQuery(), Filing(declared))

    def ingested(self, data: bytes = b"picture", name: str | None = None) -> Ingested:
        """Ingest a file."""
        return self.successResultOf(self.begin(data, name))

    def strays(self) -> list[str]:
        """What a sweep would look at."""
        return list(self.result(self.store.strays(2**63)))

    def assert_nothing_left(self) -> None:
        """No name, no bytes, no temporary file."""
        self.assertEqual(self.result(self.repo.hashes.count()), 0)
        self.assertEqual(self.strays(), [])
        self.assertEqual(self.scratch.live, set())
