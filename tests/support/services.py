"""Everything that work on uploads and variants needs, in memory and on a clock."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.ingest.session import Received
from pictd.model.alias import Alias
from pictd.model.records import Original
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from tests.support.media import PlainMedia
from tests.support.scratch import SynchronousScratch

T = TypeVar("T")


class ServicesTestCase(SynchronousTestCase):
    """A test with backends of its own. The clock begins at a day that every promise can name."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.repo = MemoryRepo()
        self.store = MemoryStore(self.clock)
        self.media = PlainMedia()
        folder = Path(mkdtemp(prefix="pictd-test-", dir=self.mktemp_parent()))
        self.scratch = SynchronousScratch(folder)

    def mktemp_parent(self) -> str:
        """A folder that trial removes."""
        path = Path(self.mktemp())
        path.mkdir(parents=True)
        return str(path)

    @property
    def backends(self) -> tuple[MemoryRepo, MemoryStore, PlainMedia, SynchronousScratch, Clock]:
        """In the order in which services take them."""
        return self.repo, self.store, self.media, self.scratch, self.clock

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine returns, which must have ended."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def received(self, data: bytes) -> Received:
        """A file that has arrived."""
        folder = self.scratch.new()
        path = folder / "upload"
        path.write_bytes(data)
        return Received(folder, path)

    def find(self, alias: Alias) -> Original | None:
        """What the alias names."""
        return self.result(self.repo.aliases.find(alias))

    def read(self, identifier: str) -> bytes | None:
        """The stored bytes."""
        blob = self.result(self.store.open(identifier))
        if blob is None:
            return None
        return self.result(blob.stream(0, blob.size).read())

    def failureOf(self, work: Coroutine[Any, Any, object]) -> BaseException:
        """What a coroutine raises."""
        error: BaseException = self.failureResultOf(Deferred.fromCoroutine(work)).value
        return error
