"""What is counted of a PostgreSQL server."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnavailable
from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.postgres.database import PostgresRepo
from tests.repo.databases import new_database, repo_on
from tests.support.figures import figure
from tests.support.postgres import Cluster

UPLOAD = "c61422e1-9294-4f1f-977f-c696b7939467"


class FiguresTests(TestCase):
    """By pict-rs's names."""

    def setUp(self) -> None:
        """Nothing yet."""
        self.metrics = Metrics()

    def figure(self, name: str, **labels: str) -> float:
        """As shown."""
        return figure(self.metrics.registry, f"pict_rs_postgres_{name}", **labels)

    async def node(self, database: str, metrics: Metrics | None = None) -> PostgresRepo:
        """Open, and closed when the test ends."""
        repo = repo_on(database, metrics=metrics)
        await repo.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo

    async def test_connections(self) -> None:
        """Each step asks for one; few are opened."""
        repo = await self.node(await new_database(), self.metrics)
        for _ in range(5):
            await repo.jobs.length(Queue.PROCESS)
        self.assertEqual(self.figure("pool_connection_create"), 1)
        self.assertEqual(self.figure("pool_get", completed="true"), 6)
        self.assertEqual(self.figure("pool_duration_count", completed="true"), 6)

    async def test_a_server_that_is_away(self) -> None:
        """What was asked for in vain is told apart."""
        cluster = Cluster()
        self.addCleanup(cluster.remove)
        database = cluster.create()
        cluster.stop()
        with self.assertRaises(RepoUnavailable):
            await repo_on(database, cluster, self.metrics).open()
        self.assertEqual(self.figure("pool_connection_create"), 0)
        self.assertEqual(self.figure("pool_get", completed="false"), 1)
        self.assertEqual(self.figure("pool_duration_count", completed="false"), 1)

    async def test_what_other_nodes_announce(self) -> None:
        """Jobs by their queue, results, and everything together."""
        database = await new_database()
        one, other = await self.node(database), await self.node(database, self.metrics)
        working = Deferred.fromCoroutine(other.jobs.wait(Queue.PROCESS))
        telling = Deferred.fromCoroutine(other.uploads.wait(UPLOAD))
        await one.uploads.begin(UPLOAD, "raw", "Ingest", 0)
        await working
        await telling
        telling = Deferred.fromCoroutine(other.uploads.wait(UPLOAD))
        await one.uploads.fail(UPLOAD, "no", "code")
        await telling
        self.assertEqual(self.figure("job_notifier_notified", queue="process"), 1)
        self.assertEqual(self.figure("upload_notifier_notified"), 2)
        self.assertGreaterEqual(self.figure("notification"), 3)
