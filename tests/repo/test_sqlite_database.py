"""The file of the embedded database: making, opening, sharing, losing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.model.alias import Alias
from pictd.model.opening import Opening
from pictd.model.records import Queue
from pictd.model.uploads import Upload
from pictd.repo.sqlite import departures, proxies, schema, uploads, variants
from pictd.repo.sqlite.connection import open_writer
from pictd.repo.sqlite.database import REFERS, SqliteRepo
from tests.contracts.repo import FAR, details_at, naming_of, record_of, token_of


class DatabaseTests(TestCase):
    """``SqliteRepo`` beyond the repo's contract."""

    def setUp(self) -> None:
        """A repo that was not opened yet."""
        self.path = Path(self.mktemp()) / "deep" / "pictd.sqlite3"
        self.repo = self.another()

    def another(self, opening: Opening = Opening.MAKE) -> SqliteRepo:
        """A repo on the same file, closed when the test ends."""
        repo = SqliteRepo(self.path, IReactorThreads(reactor), opening=opening)
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo

    def execute(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """What another program does to the file."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    async def publish(self, number: int = 1) -> None:
        """Content under the alias ``one``."""
        await self.repo.hashes.publish(record_of(number), details_at(number), naming_of("one"))

    async def test_makes_the_file(self) -> None:
        """With its folder; nobody but the owner may read it, nor what SQLite puts beside it."""
        await self.repo.open()
        await self.publish()
        files = sorted(self.path.parent.iterdir())
        self.assertGreater(len(files), 1)
        self.assertEqual({file.stat().st_mode & 0o777 for file in files}, {0o600})

    async def test_keeps_everything(self) -> None:
        """Facts are there after closing and opening again."""
        await self.repo.open()
        await self.publish()
        await self.repo.jobs.push(Queue.PROCESS, "Prune", 0)
        await self.repo.close()
        await self.repo.open()
        self.assertIsNotNone(await self.repo.aliases.find(Alias("one")))
        self.assertIsNotNone(await self.repo.jobs.pop(Queue.PROCESS, "w", FAR, 1))

    def test_commits_are_durable(self) -> None:
        """A commit returns when it is on the disk, and readers never wait for it."""
        self.path.parent.mkdir(parents=True)
        self.path.touch()
        connection = open_writer(self.path)
        self.addCleanup(connection.close)
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "journal_mode", "foreign_keys")
        ]
        self.assertEqual(settings, [2, "wal", 1])

    async def test_a_newer_database(self) -> None:
        """It is refused; the error names the file's version."""
        await self.repo.open()
        await self.repo.close()
        self.execute("PRAGMA user_version = 77")
        with self.assertRaises(RepoUnavailable) as caught:
            await self.repo.open()
        self.assertIn("version 77", str(caught.exception))

    async def test_what_another_program_broke(self) -> None:
        """Is told, by table."""
        await self.repo.open()
        await self.publish()
        self.execute("DELETE FROM hashes")
        (line,) = await self.repo.unsound()
        self.assertEqual(line, "1 rows of aliases refer to hashes that are gone")

    async def test_a_broken_index(self) -> None:
        """Is told in SQLite's words."""
        await self.repo.open()
        await self.publish()
        await self.repo.close()
        data = self.path.read_bytes()
        at = data.index(b"identifier/1.png")
        self.path.write_bytes(data[:at] + b"X" + data[at + 1 :])
        await self.repo.open()
        self.assertIn("index", " ".join(await self.repo.unsound()))

    async def test_looking(self) -> None:
        """Reads what there is, beside others, and can't write."""
        await self.repo.open()
        await self.publish()
        reader = self.another(Opening.LOOK)
        await reader.open()
        self.assertEqual(await reader.hashes.count(), 1)
        with self.assertRaises(RepoUnavailable):
            await reader.settings.set("a", b"")

    async def test_looking_where_nothing_is(self) -> None:
        """Nothing is made."""
        self.path.parent.mkdir(parents=True)
        with self.assertRaises(RepoUnavailable) as caught:
            await self.another(Opening.LOOK).open()
        self.assertIn(str(self.path), str(caught.exception))
        self.assertEqual(list(self.path.parent.iterdir()), [])

    async def test_looking_at_an_older_database(self) -> None:
        """It is refused, and stays so."""
        await self.repo.open()
        await self.repo.close()
        self.execute("PRAGMA user_version = 1")
        with self.assertRaises(RepoUnusable):
            await self.another(Opening.LOOK).open()
        self.assertEqual(self.execute("PRAGMA user_version"), [(1,)])

    async def test_another_kind_of_file(self) -> None:
        """It is refused by name, and stays as it is."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b"no database" * 1000)
        with self.assertRaises(RepoUnavailable) as caught:
            await self.repo.open()
        self.assertIn(str(self.path), str(caught.exception))
        self.assertEqual(self.path.read_bytes(), b"no database" * 1000)

    async def test_a_folder_that_can_not_be_made(self) -> None:
        """The error says so; opening may be tried again (contract E1)."""
        self.path.parent.parent.mkdir()
        self.path.parent.write_bytes(b"in the way")
        with self.assertRaises(RepoUnavailable):
            await self.repo.open()
        self.path.parent.unlink()
        await self.repo.open()
        await self.repo.check()

    async def test_while_it_is_closed(self) -> None:
        """Reading and writing are refused, before opening and after closing."""
        for _ in range(2):
            for attempt in (
                self.repo.aliases.find(Alias("one")),
                self.repo.settings.set("a", b""),
                self.repo.hashes.count(),
                self.repo.check(),
            ):
                with self.assertRaises(RepoUnavailable):
                    await attempt
            await self.repo.open()
            await self.repo.close()

    async def test_a_file_that_was_deleted(self) -> None:
        """The check fails, although SQLite would go on writing into nothing."""
        await self.repo.open()
        self.path.unlink()
        with self.assertRaises(RepoUnavailable):
            await self.repo.check()

    async def test_a_broken_table(self) -> None:
        """SQLite's text reaches whoever reads the log."""
        await self.repo.open()
        self.execute("DROP TABLE settings")
        with self.assertRaises(RepoUnavailable) as caught:
            await self.repo.settings.get("a")
        self.assertIn("no such table: settings", str(caught.exception))

    async def test_two_processes(self) -> None:
        """Each sees at once what the other wrote; jobs are taken once."""
        await self.repo.open()
        other = self.another()
        await other.open()
        await self.publish()
        self.assertIsNotNone(await other.aliases.find(Alias("one")))
        await other.jobs.push(Queue.PROCESS, "Prune", 0)
        taken = [await repo.jobs.pop(Queue.PROCESS, "w", 0, 60) for repo in (self.repo, other)]
        self.assertEqual([job is None for job in taken], [False, True])

    async def test_a_url_of_many(self) -> None:
        """An alias that was taken over with several URLs is outdated when all of them are."""
        await self.repo.open()
        await self.publish()
        self.execute("INSERT INTO proxies VALUES ('a', 'one', 5), ('b', 'one', 9), ('c', 'one', 9)")
        outdated = [list(await self.repo.proxies.outdated(before, 10)) for before in (6, 9, 10)]
        self.assertEqual(outdated, [[], [], [(Alias("one"), token_of("one"))]])
        self.assertFalse(await self.repo.proxies.remove_outdated(Alias("one"), 9))
        self.assertTrue(await self.repo.proxies.remove_outdated(Alias("one"), 10))
        self.assertEqual(self.execute("SELECT url FROM proxies"), [])

    async def test_an_upload_without_bytes(self) -> None:
        """One that was taken over pending, from where only its job knows them."""
        await self.repo.open()
        self.execute("INSERT INTO uploads VALUES ('u', NULL, 1, NULL)")
        self.assertEqual(await self.repo.uploads.find("u"), Upload("u", None, 1))
        self.assertTrue(await self.repo.uploads.fail("u", "a", "b"))
        self.assertEqual(await self.repo.jobs.length(Queue.CLEANUP), 0)

    async def test_results_are_stored_in_their_form(self) -> None:
        """That of spec storage §1.10."""
        await self.repo.open()
        await self.repo.uploads.begin("u", "raw", None, 1)
        await self.repo.uploads.fail("u", "no", "code")
        stored = self.execute("SELECT result FROM uploads")
        self.assertEqual(stored, [('{"Failure":{"message":"no","code":"code"}}',)])

    async def test_an_older_database(self) -> None:
        """Opening it brings the schema up to date; what is in it stays."""
        self.path.parent.mkdir(parents=True)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            schema.upgrade(connection, schema.scripts()[:1])
        self.execute("INSERT INTO settings VALUES ('a', x'00')")
        self.execute("INSERT INTO jobs (queue, payload, due) VALUES ('process', '1', 0)")
        await self.repo.open()
        self.assertEqual(await self.repo.settings.get("a"), b"\0")
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 1)
        await self.repo.uploads.begin("u", "raw", None, 1)
        self.assertTrue(await self.repo.refers_to("raw"))

    async def test_looks_up_by_index(self) -> None:
        """What walks by age, or asks for an identifier, neither scans a table nor sorts."""
        await self.repo.open()
        for sql in (proxies.OUTDATED, variants.OUTDATED, uploads.EXPIRED, REFERS):
            blanks = [0] * (1 if sql is REFERS else 2)
            plan = self.execute(f"EXPLAIN QUERY PLAN {sql}", *blanks)
            steps = [str(step) for *_, step in plan]
            self.assertEqual([each for each in steps if "SCAN" in each or "TEMP" in each], [], sql)
            self.assertTrue([each for each in steps if "SEARCH" in each], sql)

    async def test_pages_are_looked_up_by_index(self) -> None:
        """What walks through all records scans no table for a page."""
        await self.repo.open()
        listed = (departures.ORIGINALS, departures.ALIASES, departures.PROXIES, departures.VARIANTS)
        for sql in (departures.KEYS, *(f"{each} (?, ?)" for each in listed)):
            plan = self.execute(f"EXPLAIN QUERY PLAN {sql}", b"", b"")
            steps = [str(step) for *_, step in plan]
            self.assertEqual([each for each in steps if "SCAN" in each or "TEMP" in each], [], sql)

    def existing(self) -> SqliteRepo:
        """A repo on the same file, which has to be there."""
        return SqliteRepo(self.path, IReactorThreads(reactor), opening=Opening.UPGRADE)

    async def test_a_database_that_has_to_be_there(self) -> None:
        """Is not made, nor is its folder; where it is there, it is opened."""
        with self.assertRaises(RepoUnusable):
            await self.existing().open()
        self.assertFalse(self.path.parent.exists())
        await self.repo.open()
        await self.publish()
        existing = self.existing()
        await existing.open()
        self.assertEqual(await existing.hashes.count(), 1)
        await existing.close()

    async def test_a_database_of_another_program(self) -> None:
        """Is left as it is, where one of pictd's has to be there."""
        self.path.parent.mkdir(parents=True)
        for sql in ("SELECT 1", "CREATE TABLE other (a)"):
            self.execute(sql)
            before = self.path.read_bytes()
            with self.assertRaises(RepoUnusable):
                await self.existing().open()
            self.assertEqual(self.path.read_bytes(), before)
            self.assertEqual(list(self.path.parent.iterdir()), [self.path])
