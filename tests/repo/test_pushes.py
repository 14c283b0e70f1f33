"""Jobs are counted where they are pushed, also by steps that do something else."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics
from pictd.model.alias import Alias
from pictd.model.records import Queue
from pictd.repo.memory import MemoryRepo
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import details_at, naming_of, record_of
from tests.repo.databases import new_database, repo_on
from tests.support.figures import figure


class PushesTests(TestCase):
    """All repos."""

    async def repos(self) -> list[tuple[IRepo, Metrics]]:
        """Each with figures of its own."""
        in_memory, on_disk, on_server = Metrics(), Metrics(), Metrics()
        path = Path(self.mktemp()) / "pictd.sqlite3"
        sqlite = SqliteRepo(path, IReactorThreads(reactor), on_disk)
        await sqlite.open()
        self.addCleanup(sqlite.close)
        postgres = repo_on(await new_database(), metrics=on_server)
        await postgres.open()
        self.addCleanup(postgres.close)
        return [
            (MemoryRepo(in_memory), in_memory),
            (sqlite, on_disk),
            (postgres, on_server),
        ]

    def pushes(self, metrics: Metrics, queue: Queue, completed: str = "true") -> float:
        """As shown."""
        labels = {"queue": queue.value, "completed": completed}
        return figure(metrics.registry, "pict_rs_queue_push", **labels)

    async def test_pushes(self) -> None:
        """What is queued already is not queued, and counted as such."""
        for repo, metrics in await self.repos():
            for _ in range(3):
                await repo.jobs.push(Queue.CLEANUP, "Kind", 0, "key")
            self.assertEqual(self.pushes(metrics, Queue.CLEANUP), 1)
            self.assertEqual(self.pushes(metrics, Queue.CLEANUP, "false"), 2)

    async def test_queued_uploads(self) -> None:
        """Their jobs come with them."""
        for repo, metrics in await self.repos():
            await repo.uploads.begin(str(UUID(int=1)), "raw", {}, 0)
            self.assertEqual(self.pushes(metrics, Queue.PROCESS), 1)

    async def test_removals(self) -> None:
        """An original and its variant have a job each."""
        for repo, metrics in await self.repos():
            record = record_of(1)
            await repo.hashes.publish(record, details_at(1), naming_of("a"))
            await repo.variants.add(record.hash, "webp", "variant", details_at(1), 1)
            await repo.aliases.remove(Alias("a"))
            self.assertEqual(self.pushes(metrics, Queue.CLEANUP), 2)
