"""The schema is pict-rs's, whatever state of it is found."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.model.opening import Opening
from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.link import Server
from pictd.repo.postgres.schema import Script, own_scripts, pict_rs_scripts
from tests.repo.databases import new_database, repo_on
from tests.support.postgres import SHARED
from tests.support.waiting import pause

COLUMNS = """
    SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
HISTORY = "SELECT version, name, checksum FROM refinery_schema_history ORDER BY 1"
RECORD = "INSERT INTO refinery_schema_history VALUES (%s, %s, '', %s)"
JOB = '{"Ingest": {"identifier": "raw/1", "upload_id": "c61422e1-9294-4f1f-977f-c696b7939467"}}'


class SchemaTests(TestCase):
    """Opening brings any database of pict-rs up to date."""

    def setUp(self) -> None:
        """An empty database."""
        self.cluster = SHARED.cluster
        self.database = self.cluster.create()

    def execute(self, sql: str, *values: object) -> Sequence[tuple[object, ...]]:
        """What another program does."""
        return self.cluster.execute(self.database, sql, *values)

    def opening(self) -> Deferred[None]:
        """Of the database, by a node of its own."""
        repo = self.node()
        return Deferred.fromCoroutine(repo.open())

    def node(self, opening: Opening = Opening.MAKE) -> PostgresRepo:
        """Closed when the test ends."""
        repo = repo_on(self.database, opening=opening)
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo

    def drawn(self, database: str) -> list[Sequence[tuple[object, ...]]]:
        """Everything that makes the schema of a database, its history included."""
        parts = (COLUMNS, INDEXES, CONSTRAINTS, TRIGGERS, HISTORY)
        return [self.cluster.execute(database, sql) for sql in parts]

    def apply(self, scripts: Sequence[Script], history: Sequence[Sequence[object]]) -> None:
        """As pict-rs would have."""
        self.execute(
            "CREATE TABLE refinery_schema_history (version INT4 PRIMARY KEY, name VARCHAR(255),"
            " applied_on VARCHAR(255), checksum VARCHAR(255))"
        )
        for script, recorded in zip(scripts, history, strict=False):
            self.execute(script.sql)
            self.execute(RECORD, *recorded)

    async def history(self) -> Sequence[Sequence[object]]:
        """As a current database has it."""
        return self.cluster.execute(await new_database(), HISTORY)

    async def refusal(self) -> str:
        """Why the database is not opened."""
        with self.assertRaises(RepoUnusable) as caught:
            await self.opening()
        return str(caught.exception)

    async def test_an_empty_database(self) -> None:
        """Its history is that of the newest pict-rs, which therefore can take it over."""
        await self.opening()
        recorded = self.execute(HISTORY)
        self.assertEqual([version for version, *_ in recorded], list(range(15)))
        self.assertEqual(recorded[0], (0, "enable_pgcrypto", "9317794008192182991"))
        self.assertEqual(recorded[14], (14, "add_keyed_notifications", "5279623279469307503"))

    async def test_every_state_of_pict_rs(self) -> None:
        """Each becomes the same, to the last index."""
        current, scripts = await new_database(), pict_rs_scripts()
        for count in range(1, len(scripts) + 1):
            self.database = self.cluster.create()
            self.apply(scripts[:count], await self.history())
            await self.opening()
            self.assertEqual(self.drawn(self.database), self.drawn(current), count)

    async def test_opening_again(self) -> None:
        """Changes nothing."""
        await self.opening()
        before = self.drawn(self.database)
        await self.opening()
        self.assertEqual(self.drawn(self.database), before)

    async def test_nodes_that_start_together(self) -> None:
        """One makes the schema, the others find it."""
        await gatherResults([self.opening() for _ in range(4)])

    async def test_while_the_schema_is_made(self) -> None:
        """Nobody is let at it before it is whole."""
        repo = self.node()
        opening = Deferred.fromCoroutine(repo.open())
        while not opening.called:
            try:
                self.assertFalse(await repo.refers_to("a"))
            except RepoUnavailable as error:
                self.assertIn("not open", str(error))
                await pause(0)
        await opening

    async def test_a_newer_pict_rs(self) -> None:
        """Is refused by number; the database stays as it is."""
        await self.opening()
        self.execute("DELETE FROM pictd_schema")
        self.execute(RECORD, 15, "something_new", "1")
        self.assertIn("migration 15", await self.refusal())
        self.assertEqual(self.execute("SELECT * FROM pictd_schema"), [])

    async def test_another_history(self) -> None:
        """A migration of another name, or text, or one left out, is no state of pict-rs."""
        await self.opening()
        for change in ("name = 'b'", "checksum = '1'", "version = 77"):
            saved = self.execute("SELECT * FROM refinery_schema_history WHERE version = 7")
            self.execute(f"UPDATE refinery_schema_history SET {change} WHERE version = 7")
            self.assertIn("7 (create_store_migrations) is expected", await self.refusal())
            self.execute("DELETE FROM refinery_schema_history WHERE version IN (7, 77)")
            self.execute("INSERT INTO refinery_schema_history VALUES (%s, %s, %s, %s)", *saved[0])

    async def test_another_program(self) -> None:
        """Its database is not written to."""
        self.execute("CREATE TABLE hashes (of_our_own INT)")
        self.assertIn("another program", await self.refusal())
        tables = self.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        self.assertEqual(tables, [("hashes",)])

    async def test_a_newer_pictd(self) -> None:
        """Is refused, too."""
        await self.opening()
        self.execute("INSERT INTO pictd_schema VALUES (77)")
        self.assertIn("version 77", await self.refusal())

    async def test_uploads_that_pict_rs_queued(self) -> None:
        """Their raw bytes, which only the job knows, belong to them from the takeover on."""
        self.apply(pict_rs_scripts(), await self.history())
        upload = "c61422e1-9294-4f1f-977f-c696b7939467"
        self.execute("INSERT INTO uploads (id) VALUES (%s)", upload)
        self.execute("INSERT INTO job_queue (queue, job) VALUES ('process', %s)", JOB)
        repo = self.node()
        await repo.open()
        found = await repo.uploads.find(upload)
        assert found is not None
        self.assertEqual(found.identifier, "raw/1")
        self.assertTrue(await repo.refers_to("raw/1"))

    async def test_a_database_that_has_to_be_there(self) -> None:
        """An empty one is left as it is; one of pict-rs's is opened."""
        server = Server(reactor, self.cluster.url(self.database))
        existing = PostgresRepo(server, opening=Opening.UPGRADE)
        self.addCleanup(lambda: Deferred.fromCoroutine(existing.close()))
        with self.assertRaises(RepoUnusable):
            await existing.open()
        self.assertEqual(self.execute(COLUMNS), [])
        await self.opening()
        await existing.open()
        self.assertEqual(await existing.hashes.count(), 0)

    def test_the_files_are_numbered_without_gaps(self) -> None:
        """From 0 on, and from 1 on."""
        for scripts, first in ((pict_rs_scripts(), 0), (own_scripts(), 1)):
            numbers = [script.number for script in scripts]
            self.assertEqual(numbers, list(range(first, first + len(numbers))))


class ReadOnlyTests(TestCase):
    """A node that writes nothing at all (contract C5)."""

    def opening(self, database: str) -> Deferred[None]:
        """By such a node."""
        repo = repo_on(database, opening=Opening.LOOK)
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return Deferred.fromCoroutine(repo.open())

    async def test_a_database_that_is_up_to_date(self) -> None:
        """Is opened, though nothing can be written there."""
        database = await new_database()
        SHARED.cluster.execute(
            "postgres", f"ALTER DATABASE {database} SET default_transaction_read_only = on"
        )
        await self.opening(database)

    async def test_one_that_is_not(self) -> None:
        """Waits for a node that may write, and stays as it is until then."""
        empty, older = SHARED.cluster.create(), await new_database()
        SHARED.cluster.execute(older, "DELETE FROM pictd_schema")
        for database in (empty, older):
            before = SHARED.cluster.execute(database, COLUMNS)
            await self.assertFailure(self.opening(database), RepoUnavailable)
            self.assertEqual(SHARED.cluster.execute(database, COLUMNS), before)

    async def test_one_of_a_newer_program(self) -> None:
        """Is refused for good."""
        database = await new_database()
        SHARED.cluster.execute(database, "INSERT INTO pictd_schema VALUES (9999)")
        await self.assertFailure(self.opening(database), RepoUnusable)
