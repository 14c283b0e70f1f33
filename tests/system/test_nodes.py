"""Three nodes on one PostgreSQL database and one bucket behave as one, whatever falls away."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, cast

import treq
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.web.server import Site

from pictd.jobs.strays import Strays
from pictd.model.times import from_seconds
from tests.repo.databases import repo_on
from tests.support.buckets import store_in
from tests.support.postgres import Cluster
from tests.support.process import ServerProcess, free_port
from tests.support.swift import Swift
from tests.support.waiting import pause, until
from tests.system.clients import Clients
from tests.system.crew import picture
from tests.system.promises import Pictures, PromiseTestCase

NODES = 3
MODELS = range(300_000, 300_004)
"""Seeds of the pictures that variants are made of."""
IDENTIFIERS = """
    SELECT identifier FROM hashes UNION SELECT identifier FROM variants
    UNION SELECT motion_identifier FROM hashes WHERE motion_identifier IS NOT NULL
"""
OURS = "health-check"
"""What is in the bucket beside files."""


class NodesTests(PromiseTestCase):
    """Under load all the time."""

    timeout = 240.0

    def setUp(self) -> None:
        """Servers of the test's own, and nodes that are not started yet."""
        super().setUp()
        self.cluster = Cluster(more="-c synchronous_commit=on")  # some are lost in a crash without
        self.addCleanup(self.cluster.remove)
        self.database = self.cluster.create()
        self.swift = Swift()
        self.addCleanup(self.swift.remove)
        self.bucket = self.swift.bucket()
        port = cast(Any, reactor).listenTCP(0, Site(Pictures()), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.figures: dict[int, str] = {}
        self.nodes = [self.node() for _ in range(NODES)]
        pages = f"http://127.0.0.1:{port.getHost().port}"
        self.clients = Clients(self, pages, Random(2026), self.nodes)
        self.promises = self.clients.promises

    def node(self) -> ServerProcess:
        """One of them."""
        figures = f"127.0.0.1:{free_port()}"
        node = self.server(
            REPO__TYPE="postgres",
            REPO__URL=self.cluster.url(self.database),
            CLIENT__ALLOWED_NETWORKS="127.0.0.0/8",
            METRICS__PROMETHEUS_ADDRESS=figures,
            **self.bucket.settings(),
        )
        self.figures[node.port] = figures
        return node

    async def test_as_one(self) -> None:
        """One is killed and comes back, the database and the bucket go away and come back. Nothing
        that was acknowledged is lost, no variant is made twice, and nothing is left behind."""
        await gatherResults([Deferred.fromCoroutine(node.restarted()) for node in self.nodes])
        self.clients.models += [await self.uploaded(self.nodes[0], picture(n)) for n in MODELS]
        working = self.clients.begin()
        await pause(3)
        made = await self._kill_one()
        for away in (self._database_stops, self._database_crashes, self._bucket_is_away):
            await away()
        self.clients.over = True
        await working
        made += sum([await self._made(node) for node in self.nodes])
        await self._check_variants(made)
        await self.check_queued(self.nodes[2])
        await self.check_promises(self.nodes[0])
        await self._check_rest()
        await self._check_end()

    async def _kill_one(self) -> float:
        """How many variants it had made."""
        victim = self.nodes[0]
        made = await self._made(victim)
        self.clients.breaking.add(victim.port)
        victim.kill()
        await pause(2)
        await victim.restarted()
        await self._well()
        return made

    async def _database_stops(self) -> None:
        self.cluster.stop()
        await pause(1)
        self.cluster.start()
        await self._well()

    async def _database_crashes(self) -> None:
        self.cluster.stop("immediate")
        self.cluster.start()
        await self._well()

    async def _bucket_is_away(self) -> None:
        """What is on its way to a client then breaks off."""
        self.clients.breaking.update(node.port for node in self.nodes)
        self.swift.stop()
        await pause(1)
        self.swift.start()
        await self._well()

    async def _well(self) -> None:
        """Every node serves, and does so for a while."""
        await gatherResults([Deferred.fromCoroutine(node.ready()) for node in self.nodes])
        self.clients.breaking.clear()
        await pause(2)

    async def _made(self, node: ServerProcess) -> float:
        """How many variants it has made since it was started."""
        response = await self.client.get(f"http://{self.figures[node.port]}/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(await treq.text_content(response))
            for sample in family.samples
            if sample.name == "pict_rs_generate_end" and sample.labels["completed"] == "true"
        )

    async def _check_variants(self, made: float) -> None:
        """All that were shown are there; nobody made one that was there already."""
        ((count,),) = self._rows("SELECT count(*) FROM variants")
        self.assertGreaterEqual(int(str(count)), len(self.clients.seen))
        self.assertLessEqual(made, int(str(count)))
        self.assertGreater(made, 0)

    async def _check_rest(self) -> None:
        """The queues drain, those of the dead node too; what is stored is what is recorded."""

        async def drained() -> bool:
            return self._rows("SELECT count(*) FROM job_queue") == [(0,)]

        await until(drained, 60, lambda: self._rows("SELECT * FROM job_queue"))
        await self._sweep()
        recorded = {str(identifier) for (identifier,) in self._rows(IDENTIFIERS)}
        self.assertEqual(set(self.bucket.keys()) - {OURS}, recorded)

    async def _sweep(self) -> None:
        """As nodes do an hour later."""
        repo = repo_on(self.database, self.cluster)
        await repo.open()
        try:
            clock = cast(Any, reactor)
            sweep = Strays(repo, store_in(self, self.bucket), clock)
            await sweep.sweep(from_seconds(clock.seconds() + 3600))
        finally:
            await repo.close()

    async def _check_end(self) -> None:
        """Everybody worked, was refused at times, and is well still."""
        acted = set(self.promises.count)
        self.assertEqual(len(acted), len({act.__name__ for act in self.clients.acts()}), acted)
        self.assertGreater(self.clients.refused, 0)
        for node in self.nodes:
            self.assertTrue(node.is_running, node.log())
            self.assertNotIn("incident", node.log())
            self.assertEqual(await node.stop(), 0, node.log())

    def _rows(self, sql: str) -> Sequence[tuple[object, ...]]:
        return self.cluster.execute(self.database, sql)
