"""What ``migrate-repo`` refuses, and what it says."""

from __future__ import annotations

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.admin.migrate_repo import migrate_repo, of_pict_rs, preview_repo, refuse_twice
from pictd.config.backends import PostgresRepo, SledRepo, SqliteRepo
from pictd.errors import RepoUnusable
from pictd.migration.repos import SameRepo
from pictd.model.opening import Opening
from pictd.repo.memory import MemoryRepo
from pictd.repo.sqlite.database import SqliteRepo as SqliteDatabase
from tests.migration.repos import Quiet, content, fill
from tests.support.takeover import unpacked


class RefusalTests(SynchronousTestCase):
    """Before anything is opened."""

    def setUp(self) -> None:
        """A directory that was named as sled."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.named = SledRepo(self.folder).as_sqlite()

    def test_an_empty_directory(self) -> None:
        """Is no source."""
        with self.assertRaises(RepoUnusable) as caught:
            of_pict_rs(self.named)
        self.assertIn(str(self.folder), str(caught.exception))

    def test_a_directory_of_pict_rs(self) -> None:
        """Is a source of its own kind."""
        unpacked("clean", self.folder)
        named = SledRepo(self.folder / "sled").as_sqlite()
        self.assertEqual(of_pict_rs(named), self.folder / "sled")

    def test_pict_rs_0_4(self) -> None:
        """The way out is named."""
        (self.folder / "v0.4.0-alpha.1").mkdir()
        with self.assertRaises(RepoUnusable) as caught:
            of_pict_rs(self.named)
        self.assertIn("start pict-rs 0.5 on it once", str(caught.exception))

    def test_a_directory_of_pictd(self) -> None:
        """Counts, also where pict-rs's database is still beside it; an empty file is none yet."""
        (self.folder / "v0.5.0").mkdir()
        (self.folder / "pictd.sqlite3").touch()
        with self.assertRaises(RepoUnusable):
            of_pict_rs(self.named)
        (self.folder / "pictd.sqlite3").write_bytes(b"SQLite")
        self.assertIsNone(of_pict_rs(self.named))

    def test_others_are_looked_at_when_they_are_opened(self) -> None:
        """Here they pass."""
        self.assertIsNone(of_pict_rs(SqliteRepo(self.folder / "none")))
        self.assertIsNone(of_pict_rs(PostgresRepo(url="postgres:///none")))

    def test_one_database(self) -> None:
        """However its path is spelled."""
        link = self.folder.with_name("link")
        link.symlink_to(self.folder.absolute())
        for other in (self.named, SledRepo(link).as_sqlite(), SqliteRepo(link / "pictd.sqlite3")):
            with self.assertRaises(SameRepo):
                refuse_twice(self.named, other)
        with self.assertRaises(SameRepo):
            refuse_twice(PostgresRepo(url="postgres:///a"), PostgresRepo(url="postgres:///a"))

    def test_two_databases(self) -> None:
        """Pass."""
        refuse_twice(self.named, SqliteRepo(self.folder / "other"))
        refuse_twice(PostgresRepo(url="postgres:///a"), PostgresRepo(url="postgres:///b"))
        refuse_twice(self.named, PostgresRepo(url="postgres:///b"))


class WorkTests(TestCase):
    """The command itself."""

    def setUp(self) -> None:
        """Nothing was said yet."""
        self.said: list[str] = []

    def database(self, path: Path, opening: Opening = Opening.MAKE) -> SqliteDatabase:
        """Not opened yet."""
        return SqliteDatabase(path, IReactorThreads(reactor), opening=opening)

    async def test_carries_and_tells(self) -> None:
        """How much there was; both databases are closed again."""
        source = MemoryRepo()
        await fill(source)
        path = Path(self.mktemp()) / "new" / "pictd.sqlite3"
        await migrate_repo(source, self.database(path), Quiet(), self.said.append)
        (line,) = self.said
        self.assertTrue(line.startswith("carried 5 originals, "), line)
        self.assertTrue(line.endswith("found again in the destination"), line)
        again = self.database(path, opening=Opening.UPGRADE)
        await again.open()
        self.assertEqual(await content(again), await content(source))
        await again.close()
        left = sorted(each.name for each in path.parent.iterdir())
        self.assertEqual(left, [path.name, f"{path.name}-lease"])

    async def test_a_preview(self) -> None:
        """Tells as much, of the source alone."""
        source = MemoryRepo()
        await fill(source)
        await preview_repo(source, self.said.append)
        (line,) = self.said
        self.assertTrue(line.startswith("would carry 5 originals, "), line)
        self.assertTrue(line.endswith("3 uploads, 3 jobs, 3 settings"), line)

    async def test_a_source_that_is_not_there(self) -> None:
        """Is an error; nothing is made of either."""
        folder = Path(self.mktemp())
        source = self.database(folder / "source" / "none", opening=Opening.UPGRADE)
        with self.assertRaises(RepoUnusable):
            await migrate_repo(source, self.database(folder / "new"), Quiet(), self.said.append)
        self.assertFalse(folder.exists())
        self.assertEqual(self.said, [])
