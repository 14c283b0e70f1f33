"""Several nodes on one database, pict-rs's among them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from pictd.errors import AliasAlreadyExists
from pictd.model.alias import Alias
from pictd.model.records import Job, Published, Queue
from pictd.repo.postgres import proxies, uploads, variants
from pictd.repo.postgres.database import REFERS, PostgresRepo
from pictd.repo.postgres.listing import ENTRIES
from tests.contracts.repo import FAR, details_at, hash_of, naming_of, record_of
from tests.repo.databases import new_database, repo_on
from tests.support.postgres import SHARED
from tests.support.waiting import until

SECOND = 10**9
NOW = 1_800_000_000 * SECOND
UPLOAD = "c61422e1-9294-4f1f-977f-c696b7939467"
LISTENERS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ~ '^LISTEN'"
HERE = f"{LISTENERS} AND datname = current_database()"


class NodesTests(TestCase):
    """Two repos on one database."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """Both are open."""
        self.database = await new_database()
        self.one, self.other = self.node(), self.node()
        await gatherResults(
            [Deferred.fromCoroutine(each.open()) for each in (self.one, self.other)]
        )

    def node(self) -> PostgresRepo:
        """Closed when the test ends."""
        repo = repo_on(self.database)
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo

    def execute(self, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
        """What pict-rs does, or an operator."""
        return SHARED.cluster.execute(self.database, sql, *values)

    def popping(self, repo: PostgresRepo, worker: str) -> Deferred[Job | None]:
        """Of the queue that all tests use."""
        popping = repo.jobs.pop(Queue.PROCESS, worker, NOW, 30 * SECOND)
        return Deferred.fromCoroutine(popping)

    async def test_a_job_is_taken_once(self) -> None:
        """However many ask at the same time."""
        for number in range(5):
            await self.one.jobs.push(Queue.PROCESS, number, number * 1000)
        nodes = (self.one, self.other)
        asked = [self.popping(nodes[number % 2], f"w{number}") for number in range(12)]
        taken = [await each for each in asked]
        self.assertEqual(sorted(job.payload for job in taken if job is not None), list(range(5)))

    async def test_a_push_wakes_the_other_node(self) -> None:
        """Before it polls."""
        waiting = Deferred.fromCoroutine(self.other.jobs.wait(Queue.PROCESS))
        await self.one.jobs.push(Queue.PROCESS, "Prune", 0)
        await waiting

    async def test_a_result_wakes_the_other_node(self) -> None:
        """Whoever waits for the upload there."""
        await self.one.uploads.begin(UPLOAD, "raw", "Ingest", 0)
        waiting = Deferred.fromCoroutine(self.other.uploads.wait(UPLOAD))
        await self.one.uploads.fail(UPLOAD, "no", "code")
        await waiting

    async def test_pict_rs_wakes_us(self) -> None:
        """The database announces what it writes."""
        waiting = Deferred.fromCoroutine(self.one.jobs.wait(Queue.CLEANUP))
        self.execute("""INSERT INTO job_queue (queue, job) VALUES ('cleanup', '"AllVariants"')""")
        await waiting

    async def test_a_release_wakes_the_other_node(self) -> None:
        """Whoever waits for it there."""
        claim = await self.one.claims.take("key", NOW)
        assert claim is not None
        self.assertIsNone(await self.other.claims.take("key", NOW))
        waiting = Deferred.fromCoroutine(self.other.claims.wait("key"))
        await self.one.claims.release(claim)
        await waiting

    async def test_claims_of_pict_rs(self) -> None:
        """Are honoured while its heart beats; their end wakes us."""
        waiting = Deferred.fromCoroutine(self.one.claims.wait("key"))
        beat = "to_timestamp(%s) AT TIME ZONE 'UTC'"
        self.execute(f"INSERT INTO keyed_notifications VALUES ('key', {beat})", NOW // SECOND)
        self.assertIsNone(await self.one.claims.take("key", NOW + 10 * SECOND))
        self.execute("DELETE FROM keyed_notifications")
        await waiting
        self.assertIsNotNone(await self.one.claims.take("key", NOW + 10 * SECOND))

    async def test_claims_that_pict_rs_sees(self) -> None:
        """In UTC; those of the dead do not pile up."""
        await self.one.claims.take("dead", NOW)
        await self.other.claims.take("key", NOW + 120 * SECOND)
        stored = self.execute(
            "SELECT key, extract(epoch FROM heartbeat)::int8 FROM keyed_notifications"
        )
        self.assertEqual(stored, [("key", NOW // SECOND + 120)])

    async def test_one_claim_of_many(self) -> None:
        """However many ask at the same time, one gets it, also where its holder died."""
        for now in (NOW, NOW + 1000 * SECOND):
            asked = [
                Deferred.fromCoroutine(node.claims.take("key", now + number * 1000))
                for number in range(6)
                for node in (self.one, self.other)
            ]
            taken = [each for each in await gatherResults(asked) if each is not None]
            self.assertEqual(len(taken), 1)

    async def test_listening_heals(self) -> None:
        """A node whose listening connection broke hears again."""
        self.assertEqual(self.execute(HERE), [(2,)])
        waiting = Deferred.fromCoroutine(self.other.jobs.wait(Queue.PROCESS))

        async def woken() -> bool:
            await self.one.jobs.push(Queue.PROCESS, "Prune", 0)
            return waiting.called

        await until(woken, 20, lambda: "never woken")

    async def test_what_pict_rs_works_on(self) -> None:
        """Is left to it while its heart beats, and taken when it has stopped."""
        beats = "INSERT INTO job_queue (queue, job, status, worker, heartbeat, queue_time)"
        self.execute(
            f"{beats} VALUES ('process', '1', 'running', gen_random_uuid(),"
            " to_timestamp(%s) AT TIME ZONE 'UTC', 'epoch')",
            NOW // SECOND - 10,
        )
        self.assertIsNone(await self.popping(self.one, "w"))
        self.execute("UPDATE job_queue SET heartbeat = heartbeat - interval '1 minute'")
        self.assertIsNotNone(await self.popping(self.one, "w"))

    async def test_pict_rs_reads_what_we_write(self) -> None:
        """Moments are in UTC whatever the server's zone, workers are UUIDs, results its JSON."""
        await self.one.uploads.begin(UPLOAD, "raw", "Ingest", NOW)
        await self.popping(self.one, "w")
        ((written, worker),) = self.execute(
            "SELECT extract(epoch FROM heartbeat)::int8, worker IS NOT NULL FROM job_queue"
        )
        self.assertEqual((written, worker), (NOW // SECOND, True))
        await self.one.uploads.fail(UPLOAD, "no", "code")
        stored = self.execute("SELECT result FROM uploads")
        self.assertEqual(stored, [({"Failure": {"message": "no", "code": "code"}},)])

    async def test_going_back_to_pict_rs(self) -> None:
        """It removes uploads and jobs as if there were nothing of ours."""
        await self.one.uploads.begin(UPLOAD, "raw", "Ingest", NOW)
        self.execute("DELETE FROM uploads")
        self.execute("DELETE FROM job_queue")
        self.assertFalse(await self.one.refers_to("raw"))

    async def test_names_that_come_while_others_go(self) -> None:
        """Content stays for as long as it has a name, in whatever order the nodes' steps fall."""
        for number in range(20):
            names = [f"{number}-{each}" for each in range(4)]
            await self.one.hashes.publish(record_of(1), details_at(1), naming_of(names[0]))
            steps = [
                self.one.aliases.remove(Alias(names[0])),
                self.other.hashes.publish(record_of(1), details_at(1), naming_of(names[1])),
                self.one.aliases.add(naming_of(names[2]), hash_of(1)),
                self.other.hashes.collect(hash_of(1)),
            ]
            done = [Deferred.fromCoroutine(step) for step in steps]
            for each in done:
                each.addErrback(lambda failure: failure.trap(AliasAlreadyExists))
                await each
            for alias in await self.one.aliases.of_hash(hash_of(1)):
                self.assertIsNotNone(await self.other.aliases.find(alias))
                await self.other.aliases.remove(alias)
            self.assertIsNone(await self.one.hashes.find(hash_of(1)))

    async def test_one_content_of_many(self) -> None:
        """Uploads of the same bytes at the same time become one record with all names."""

        def publishing(repo: PostgresRepo, name: str) -> Deferred[Published]:
            record = attrs.evolve(record_of(1), identifier=name)  # each has saved bytes of its own
            step = repo.hashes.publish(record, details_at(1), naming_of(name))
            return Deferred.fromCoroutine(step)

        published = await gatherResults(
            [
                publishing(repo, f"{number}-{id(repo)}")
                for number in range(8)
                for repo in (self.one, self.other)
            ]
        )
        self.assertEqual(sum(each.created for each in published), 1)
        self.assertEqual(len(await self.one.aliases.of_hash(hash_of(1))), 16)

    async def test_a_url_of_many(self) -> None:
        """An alias that was taken over with several URLs is outdated when all of them are."""
        await self.one.hashes.publish(record_of(1), details_at(1), naming_of("one"))
        self.execute("INSERT INTO proxies VALUES ('a', 'one', 'epoch'), ('b', 'one', '2000-01-01')")
        self.assertEqual(list(await self.one.proxies.outdated(10**17, 10)), [])
        self.assertFalse(await self.one.proxies.remove_outdated(Alias("one"), 10**17))
        self.assertEqual(len(await self.one.proxies.outdated(FAR, 10)), 1)
        self.assertTrue(await self.one.proxies.remove_outdated(Alias("one"), FAR))

    def test_looks_up_by_index(self) -> None:
        """What walks by age, or asks for an identifier, need not scan a table."""
        for sql, blanks in (
            (proxies.OUTDATED, ("now", 1)),
            (variants.OUTDATED, ("now", 1)),
            (uploads.EXPIRED, ("now", 1)),
            (ENTRIES, ("now", "now", b"", 1)),
            (REFERS, ("", "", "", "")),
        ):
            # One statement of several commands: the plan is that of the last.
            plan = self.execute(f"SET enable_seqscan = off; EXPLAIN {sql}", *blanks)
            told = "\n".join(str(step) for (step,) in plan)
            self.assertNotIn("Seq Scan", told)
            self.assertIn("Index", told)
