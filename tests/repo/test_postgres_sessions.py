"""Steps on a server that is slow, broken, restarted, or asked for the impossible."""

from __future__ import annotations

import psycopg2
from psycopg2.extensions import connection as Connection
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.trial.unittest import TestCase

from pictd.errors import BadRequest, OutcomeUnknown, RepoUnavailable
from pictd.model.alias import Alias
from pictd.model.records import Queue
from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.link import CONNECTIONS, Server
from pictd.repo.postgres.pool import Pool
from pictd.repo.postgres.sessions import Sessions, Step
from tests.contracts.repo import details_at, hash_of, naming_of, record_of
from tests.repo.databases import new_database, repo_on
from tests.support.postgres import SHARED, Cluster
from tests.support.waiting import until

OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


DEADLY = """
    CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER deadly AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION die()
"""
"""Ends whoever commits a new setting."""


async def nothing(step: Step) -> None:
    """A step that does nothing."""


class StepsTests(TestCase):
    """What becomes of steps."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """An open repo, and steps beside it."""
        self.database = await new_database()
        self.repo = repo_on(self.database)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.repo.close()))
        await self.repo.open()
        self.sessions = Sessions(
            Pool(Server(reactor, SHARED.cluster.url(self.database)), reactor),
            reactor,
            lambda _: None,
        )
        await self.sessions.open(nothing)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.sessions.close()))

    def locked(self, table: str) -> Connection:
        """Nobody else can write to the table before the connection is closed."""
        holder = psycopg2.connect(SHARED.cluster.url(self.database))
        self.addCleanup(holder.close)
        holder.cursor().execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        return holder

    async def blocked(self, count: int) -> None:
        """Wait until so many sessions wait for the lock."""

        async def seen() -> bool:
            return SHARED.cluster.execute(self.database, BLOCKED) == [(count,)]

        await until(seen, 20, lambda: SHARED.cluster.execute(self.database, BLOCKED))

    async def test_a_caller_leaves_during_the_step(self) -> None:
        """The step happens."""
        holder = self.locked("hashes")
        publishing = self.repo.hashes.publish(record_of(1), details_at(1), naming_of("one"))
        leaving = Deferred.fromCoroutine(publishing)
        await self.blocked(1)
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        holder.close()

        async def there() -> bool:
            return await self.repo.hashes.find(hash_of(1)) is not None

        await until(there, 20, lambda: "never published")

    async def test_a_caller_leaves_before_the_step(self) -> None:
        """The step does not happen."""
        holder = self.locked("settings")
        settings = self.repo.settings
        writing = [Deferred.fromCoroutine(settings.set(str(n), b"")) for n in range(CONNECTIONS)]
        await self.blocked(CONNECTIONS)
        leaving = Deferred.fromCoroutine(settings.set("late", b""))
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        holder.close()
        await gatherResults(writing)
        await settings.set("after", b"")
        self.assertIsNone(await settings.get("late"))

    async def test_closing_ends_what_has_begun(self) -> None:
        """What was accepted is written; nothing is accepted after."""
        holder = self.locked("settings")
        writing = Deferred.fromCoroutine(self.repo.settings.set("a", b"1"))
        await self.blocked(1)
        closing = Deferred.fromCoroutine(self.repo.close())
        holder.close()
        await writing
        await closing
        with self.assertRaises(RepoUnavailable):
            await self.repo.settings.get("a")
        found = SHARED.cluster.execute(self.database, "SELECT value FROM settings")
        self.assertEqual(found, [("31",)])

    async def test_a_step_that_raises(self) -> None:
        """Is undone, and its connection serves the next one."""

        async def write_and_fail(step: Step) -> None:
            await step.execute("INSERT INTO settings VALUES ('a', '')")
            raise LookupError("not this way")

        with self.assertRaises(LookupError):
            await self.sessions.run(write_and_fail)
        self.assertEqual(await self.sessions.rows("SELECT key FROM settings"), [])

    async def test_a_connection_that_breaks_at_the_end(self) -> None:
        """The server may have written it or not: that is told apart from other failures."""
        SHARED.cluster.execute(self.database, DEADLY)
        with self.assertRaises(OutcomeUnknown):
            await self.sessions.execute("INSERT INTO settings VALUES ('a', '')")
        self.assertEqual(await self.sessions.rows("SELECT key FROM settings"), [])

    async def test_a_connection_that_breaks_before_the_end(self) -> None:
        """Nothing was written."""

        async def die(step: Step) -> None:
            await step.execute("INSERT INTO settings VALUES ('a', '')")
            await step.rows("SELECT pg_terminate_backend(pg_backend_pid())")

        with self.assertRaises(RepoUnavailable) as caught:
            await self.sessions.run(die)
        self.assertNotIsInstance(caught.exception, OutcomeUnknown)
        self.assertEqual(await self.sessions.rows("SELECT key FROM settings"), [])

    async def test_a_statement_that_takes_too_long(self) -> None:
        """The server ends it; the caller is told that the database fails, not that he left."""

        async def dawdle(step: Step) -> None:
            await step.execute("SET LOCAL statement_timeout = '10ms'")
            await step.rows("SELECT 1 FROM pg_sleep(60)")

        with self.assertRaises(RepoUnavailable):
            await self.sessions.run(dawdle)
        self.assertEqual(await self.sessions.rows("SELECT 1"), [(1,)])

    async def test_steps_in_each_others_way(self) -> None:
        """The server undoes one; it is begun anew, and both happen."""
        await self.sessions.execute("INSERT INTO settings VALUES ('a', ''), ('b', '')")
        meeting: list[Deferred[None]] = [Deferred(), Deferred()]

        async def write(step: Step, number: int) -> None:
            keys = ("a", "b") if number == 0 else ("b", "a")
            await step.execute("UPDATE settings SET value = value || 'x' WHERE key = %s", keys[0])
            if not meeting[number].called:
                meeting[number].callback(None)
            if not meeting[1 - number].called:
                other: Deferred[None] = Deferred()
                meeting[1 - number].chainDeferred(other)
                await other
            await step.execute("UPDATE settings SET value = value || 'x' WHERE key = %s", keys[1])

        steps = [self.sessions.run(lambda step, n=n: write(step, n)) for n in range(2)]  # type: ignore[misc]
        await gatherResults([Deferred.fromCoroutine(step) for step in steps])
        found = await self.sessions.rows("SELECT value FROM settings")
        self.assertEqual(found, [("xx",), ("xx",)])

    async def test_what_no_column_takes(self) -> None:
        """Whoever sent it is told; the database is not in trouble."""
        with self.assertRaises(BadRequest):
            await self.repo.jobs.push(Queue.PROCESS, "a\x00b", 0)
        with self.assertRaises(BadRequest):
            await self.repo.hashes.publish(record_of(1), details_at(1), naming_of("a\x00b"))
        self.assertIsNone(await self.repo.hashes.find(hash_of(1)))

    async def test_a_broken_table(self) -> None:
        """PostgreSQL's text reaches whoever reads the log."""
        SHARED.cluster.execute(self.database, "DROP TABLE settings")
        with self.assertRaises(RepoUnavailable) as caught:
            await self.repo.settings.get("a")
        self.assertIn('"settings" does not exist', str(caught.exception))

    async def test_connections_that_break(self) -> None:
        """Others take their place."""
        await gatherResults(
            [Deferred.fromCoroutine(self.repo.settings.get(str(n))) for n in range(CONNECTIONS)]
        )
        SHARED.cluster.execute(self.database, OTHERS)

        async def works() -> bool:
            try:
                await self.repo.check()
            except RepoUnavailable:
                return False
            return True

        await until(works, 20, lambda: "still broken")


class RestartTests(TestCase):
    """A server that comes and goes."""

    def setUp(self) -> None:
        """It is there, with an empty database."""
        self.cluster = Cluster()
        self.addCleanup(self.cluster.remove)
        self.repo: PostgresRepo = repo_on(self.cluster.create(), self.cluster)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.repo.close()))

    async def found(self) -> bool:
        """Whether the alias can be looked up, and is there."""
        try:
            return await self.repo.aliases.find(Alias("one")) is not None
        except RepoUnavailable:
            return False

    async def test_a_restart(self) -> None:
        """Requests fail while the server is away, and work again when it is back."""
        await self.repo.open()
        await self.repo.hashes.publish(record_of(1), details_at(1), naming_of("one"))
        self.cluster.stop()
        for _ in range(3):
            with self.assertRaises(RepoUnavailable):
                await self.repo.aliases.find(Alias("one"))
            with self.assertRaises(RepoUnavailable):
                await self.repo.check()
        self.cluster.start()
        await until(self.found, 20, lambda: "never healed")
        await self.repo.check()

    async def test_opening_while_it_is_away(self) -> None:
        """Fails in a way that may pass, and may be repeated (contract E1)."""
        self.cluster.stop()
        with self.assertRaises(RepoUnavailable):
            await self.repo.open()
        self.cluster.start()

        async def opened() -> bool:
            try:
                await self.repo.open()
            except RepoUnavailable:
                return False
            return True

        await until(opened, 20, lambda: "never opened")
        await self.repo.check()
