"""Imports of the embedded database: the whole of another, or the present one as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import SkipTest, TestCase

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.repo.sqlite.connection import open_writer
from pictd.repo.sqlite.database import SqliteRepo
from pictd.repo.sqlite.export import export
from pictd.repo.sqlite.files import DatabaseInUse
from pictd.repo.sqlite.lease import alone
from pictd.repo.sqlite.restore import Restore
from tests.contracts.repo import details_at, naming_of, record_of
from tests.repo.test_sqlite_export import at_most_written, dump, names

LEASE = "pictd.sqlite3-lease"


class RestoreTestCase(TestCase):
    """With an export that holds two originals, and a place for it.

    :ivar place: where nothing is yet.
    """

    def setUp(self) -> Deferred[None]:  # type: ignore[override]  # trial waits for it
        """Make them."""
        return Deferred.fromCoroutine(self.fill())

    async def fill(self) -> None:
        """The export."""
        self.root = Path(self.mktemp())
        self.place = self.root / "here" / "pictd.sqlite3"
        self.kept = self.place.with_name("kept.sqlite3")
        elsewhere = self.root / "elsewhere.sqlite3"
        await self.make(elsewhere, 2)
        self.source = export(elsewhere, self.root / "exported")
        self.whole = dump(self.source)

    async def make(self, path: Path, originals: int) -> None:
        """A database with so many originals, closed again."""
        repo = await self.opened(path)
        for number in range(1, originals + 1):
            record, naming = record_of(number), naming_of(f"{number}.png")
            await repo.hashes.publish(record, details_at(number), naming)
        await repo.close()

    async def opened(self, path: Path) -> SqliteRepo:
        """A repo on this file, which is closed in the end."""
        repo = SqliteRepo(path, IReactorThreads(reactor))
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        await repo.open()
        return repo

    def restore(self, replace: bool = False) -> bool:
        """Whether something was kept."""
        return Restore(self.source, self.place, self.kept if replace else None).run()

    def refused(self, kind: type[RepoUnavailable] = RepoUnavailable, replace: bool = True) -> str:
        """Why it can't be done; then nothing is different."""
        before = self.here()
        with self.assertRaises(kind) as caught:
            self.restore(replace)
        self.assertEqual(self.here(), before)
        return str(caught.exception)

    def here(self) -> list[tuple[str, bytes]]:
        """All files of the place, but the lease and what SQLite makes anew."""
        files = sorted(self.place.parent.iterdir()) if self.place.parent.exists() else []
        passing = (LEASE, f"{self.place.name}-shm")
        return [(file.name, file.read_bytes()) for file in files if file.name not in passing]


class EmptyPlaceTests(RestoreTestCase):
    """Where there is no database yet."""

    def test_it_is_there(self) -> None:
        """With all that it holds, for its owner only, and nothing else; the export stays."""
        self.assertFalse(self.restore())
        self.assertEqual(dump(self.place), self.whole)
        self.assertEqual(sorted(names(self.place.parent)), [self.place.name, LEASE])
        self.assertEqual(self.place.stat().st_mode & 0o777, 0o600)
        self.assertEqual(dump(self.source), self.whole)

    async def test_it_can_be_served(self) -> None:
        """It is a repo."""
        self.restore()
        self.assertEqual(await (await self.opened(self.place)).hashes.count(), 2)

    def test_root(self) -> None:
        """Leaves it to whom the folder belongs to: the server has to write it."""
        if os.geteuid() != 0:
            raise SkipTest("this is not root")
        self.place.parent.mkdir()
        os.chown(self.place.parent, 1234, 1234)
        self.restore()
        self.assertEqual({file.stat().st_uid for file in self.place.parent.iterdir()}, {1234})

    def test_what_a_crash_left(self) -> None:
        """Is in nobody's way."""
        self.place.parent.mkdir()
        left = self.place.with_name(f"{self.place.name}.partial")
        left.write_bytes(b"half")
        left.with_name(f"{left.name}-wal").write_bytes(b"of another")
        self.restore()
        self.assertEqual(sorted(names(self.place.parent)), [self.place.name, LEASE])
        self.assertEqual(dump(self.place), self.whole)

    def test_an_export_from_a_medium_that_can_not_be_written(self) -> None:
        """Nothing is made beside it."""
        self.source.chmod(0o400)
        self.source.parent.chmod(0o500)
        self.addCleanup(self.source.parent.chmod, 0o700)
        self.restore()
        self.assertEqual(names(self.source.parent), [self.source.name])


class PresentDatabaseTests(RestoreTestCase):
    """Where there is a database."""

    async def fill(self) -> None:
        """Of three originals."""
        await super().fill()
        await self.make(self.place, 3)
        self.present = dump(self.place)

    def test_it_is_not_replaced_unasked(self) -> None:
        """And is named."""
        self.assertIn(str(self.place), self.refused(replace=False))

    def test_it_is_kept(self) -> None:
        """Under the other name, with all that it holds."""
        self.assertTrue(self.restore(replace=True))
        self.assertEqual(dump(self.kept), self.present)
        self.assertEqual(dump(self.place), self.whole)
        self.assertEqual(sorted(names(self.place.parent)), [self.kept.name, self.place.name, LEASE])

    def test_after_a_crash(self) -> None:
        """What is only in its log is kept too, and the log is not left beside the new one."""
        aside = self.root / "aside"
        with closing(open_writer(self.place)) as writer:
            writer.execute("DELETE FROM aliases")
            shutil.copytree(self.place.parent, aside)
        shutil.rmtree(self.place.parent)
        aside.rename(self.place.parent)
        self.assertGreater(len(names(self.place.parent)), 2)
        self.restore(replace=True)
        self.assertEqual(dump(self.place), self.whole)
        with closing(sqlite3.connect(self.kept)) as kept:
            self.assertEqual(kept.execute("SELECT count(*) FROM aliases").fetchone(), (0,))
        self.assertEqual(sorted(names(self.place.parent)), [self.kept.name, self.place.name, LEASE])

    def test_one_that_is_damaged(self) -> None:
        """Is replaced all the same: that is what exports are for. It is kept with its log."""
        self.place.write_bytes(b"no database")
        log = self.place.with_name(f"{self.place.name}-wal")
        log.write_bytes(b"its log")
        self.restore(replace=True)
        self.assertEqual(dump(self.place), self.whole)
        self.assertEqual(self.kept.read_bytes(), b"no database")
        self.assertEqual(self.kept.with_name("kept.sqlite3-wal").read_bytes(), b"its log")
        self.assertFalse(log.exists())

    def test_after_a_crash_of_an_import(self) -> None:
        """Which has kept the database, and not replaced it: the next one does."""
        os.link(self.place, self.place.with_name("first"))
        self.restore(replace=True)
        self.assertEqual(dump(self.place), self.whole)
        self.assertEqual(dump(self.kept), self.present)

    def test_a_name_that_is_taken(self) -> None:
        """What was kept before is not lost."""
        self.kept.write_bytes(b"from before")
        self.refused()

    async def test_while_a_server_uses_it(self) -> None:
        """It stays, and whoever asked is told to stop the server."""
        repo = await self.opened(self.place)
        self.assertIn("stop pictd", self.refused(DatabaseInUse))
        self.assertEqual(await repo.hashes.count(), 3)
        await repo.close()
        self.assertTrue(self.restore(replace=True))

    def test_while_another_program_uses_it(self) -> None:
        """One that knows nothing of leases: SQLite's own locks tell."""
        with closing(open_writer(self.place)) as other:
            other.execute("SELECT * FROM aliases").fetchall()
            self.refused(DatabaseInUse)

    async def test_a_server_that_starts_meanwhile(self) -> None:
        """Waits: it must not open what is about to be replaced."""
        repo = SqliteRepo(self.place, IReactorThreads(reactor))
        with alone(self.place), self.assertRaises(RepoUnavailable) as caught:
            await repo.open()
        self.assertNotIsInstance(caught.exception, RepoUnusable)
        await repo.open()
        await repo.close()

    def test_withdrawn(self) -> None:
        """Who no longer wants it gets nothing changed."""
        before = self.here()
        Restore(self.source, self.place, self.kept).run(lambda: False)
        self.assertEqual(self.here(), before)

    def test_a_full_disk(self) -> None:
        """Nothing is changed."""
        with at_most_written(8 * 1024):
            self.refused()


class SourceTests(RestoreTestCase):
    """What is no export; the present database stays."""

    def test_no_file(self) -> None:
        """Is told with its name."""
        self.source.unlink()
        self.assertIn(str(self.source), self.refused())

    def test_no_database(self) -> None:
        """Whatever else it is."""
        self.source.write_bytes(b"no database" * 1000)
        self.assertIn("no database of pictd", self.refused(RepoUnusable))

    def test_a_database_of_another_program(self) -> None:
        """Though it be SQLite's."""
        self.source.unlink()
        with closing(sqlite3.connect(self.source)) as other:
            other.execute("CREATE TABLE songs (name TEXT)")
        self.assertIn("no database of pictd", self.refused(RepoUnusable))

    def test_a_newer_one(self) -> None:
        """Of a pictd that this one does not know."""
        with closing(sqlite3.connect(self.source)) as source:
            source.execute("PRAGMA user_version = 77")
        self.assertIn("version 77", self.refused(RepoUnusable))

    def test_a_damaged_one(self) -> None:
        """Every page is looked at."""
        data = bytearray(self.source.read_bytes())
        at = data.index(b"identifier/2.png")
        data[at - 200 : at + 200] = bytes(400)
        self.source.write_bytes(data)
        self.refused(RepoUnusable)

    def test_a_database_in_use(self) -> None:
        """Its log, which is not copied, may hold what was written last."""
        log = self.source.with_name(f"{self.source.name}-wal")
        log.write_bytes(b"something")
        self.assertIn(log.name, self.refused(RepoUnusable))
