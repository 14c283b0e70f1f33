"""Copies of the embedded database: of one moment, whole, or not at all."""

from __future__ import annotations

import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnavailable
from pictd.model.records import Queue
from pictd.repo.sqlite.connection import open_writer
from pictd.repo.sqlite.database import SqliteRepo
from pictd.repo.sqlite.export import export
from tests.contracts.repo import details_at, naming_of, record_of


class ExportTests(TestCase):
    """Of a repo that is open."""

    def setUp(self) -> Deferred[None]:  # type: ignore[override]  # trial waits for it
        """With some content, and a folder for exports that is not there yet."""
        return Deferred.fromCoroutine(self.fill())

    async def fill(self) -> None:
        """Make the repo."""
        root = Path(self.mktemp())
        self.path = root / "pictd.sqlite3"
        self.exports = root / "exports"
        self.target = self.exports / "2026-01-01T00:00:00Z"
        self.repo = SqliteRepo(self.path, IReactorThreads(reactor))
        await self.repo.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.repo.close()))
        for number in range(1, 4):
            await self.publish(number)

    async def publish(self, number: int) -> None:
        """Content under an alias, and a job."""
        record, naming = record_of(number), naming_of(f"{number}.png")
        await self.repo.hashes.publish(record, details_at(number), naming)
        await self.repo.jobs.push(Queue.CLEANUP, {"Number": number}, number)

    async def refused(self) -> str:
        """What is said where it can't be done."""
        try:
            copy = await self.exporting()
        except RepoUnavailable as error:
            return str(error)
        raise AssertionError(f"{copy} was made")

    def exporting(self) -> Deferred[Path]:
        """An export to the target."""
        return Deferred.fromCoroutine(self.repo.export(self.target))

    def left(self) -> list[str]:
        """What is in the folder of exports."""
        return names(self.exports) if self.exports.exists() else []

    async def test_contents_are_equal(self) -> None:
        """Every table, the queue included."""
        copy = await self.repo.export(self.target)
        self.assertEqual(copy, self.target / self.path.name)
        self.assertEqual(dump(copy), dump(self.path))
        self.assertEqual(self.left(), [self.target.name])
        self.assertEqual(names(self.target), [self.path.name])

    async def test_the_copy_is_a_repo(self) -> None:
        """It can be opened in the place of the first."""
        copy = await self.repo.export(self.target)
        restored = SqliteRepo(copy, IReactorThreads(reactor))
        await restored.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(restored.close()))
        self.assertEqual(await restored.hashes.count(), 3)

    async def test_only_its_owner_may_read_it(self) -> None:
        """It holds delete tokens."""
        copy = await self.repo.export(self.target)
        self.assertEqual(copy.stat().st_mode & 0o777, 0o600)

    async def test_while_somebody_writes(self) -> None:
        """It is of one moment: what is written in one step is there or not, in whole."""
        exporting = self.exporting()
        last = 3
        while not exporting.called:
            last += 5
            await gatherResults(
                [Deferred.fromCoroutine(self.publish(last - back)) for back in range(5)]
            )
        copy = await exporting
        (hashes,) = query(copy, "SELECT count(*) FROM hashes")
        self.assertEqual(query(copy, "SELECT count(*) FROM aliases"), [hashes])
        self.assertEqual(query(copy, "SELECT count(*) FROM details"), [hashes])
        self.assertEqual(query(copy, "PRAGMA integrity_check"), [("ok",)])
        self.assertEqual(query(copy, "PRAGMA foreign_key_check"), [])
        self.assertEqual(await self.repo.hashes.count(), last)

    async def test_an_open_transaction_is_left_out(self) -> None:
        """And does not hold the export up."""
        with closing(open_writer(self.path)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("DELETE FROM jobs")
            copy = await self.repo.export(self.target)
            other.execute("ROLLBACK")
        self.assertEqual(query(copy, "SELECT count(*) FROM jobs"), [(3,)])

    async def test_a_folder_that_is_there(self) -> None:
        """Is left as it is."""
        await self.repo.export(self.target)
        before = dump(self.target / self.path.name)
        await self.publish(4)
        self.assertIn(self.target.name, await self.refused())
        self.assertEqual(dump(self.target / self.path.name), before)
        self.assertEqual(self.left(), [self.target.name])

    async def test_an_empty_folder_that_is_there(self) -> None:
        """Is not replaced."""
        self.target.mkdir(parents=True)
        await self.refused()
        self.assertEqual(names(self.target), [])
        self.assertEqual(self.left(), [self.target.name])

    async def test_another_export_to_the_same_folder(self) -> None:
        """Is not disturbed by one that comes later."""
        partial = self.target.with_name(self.target.name + ".partial")
        partial.mkdir(parents=True)
        (partial / self.path.name).write_bytes(b"as far as it has come")
        await self.refused()
        self.assertEqual((partial / self.path.name).read_bytes(), b"as far as it has come")

    async def test_where_nothing_can_be_written(self) -> None:
        """It fails, and leaves nothing."""
        self.exports.write_bytes(b"a file where a folder should be")
        self.assertIn("can't be exported", await self.refused())
        self.assertEqual(self.exports.read_bytes(), b"a file where a folder should be")

    def test_a_full_disk(self) -> None:
        """The unfinished copy is removed."""
        with at_most_written(8 * 1024):
            self.assertRaises(RepoUnavailable, export, self.path, self.target)
        self.assertEqual(self.left(), [])

    async def test_a_database_that_is_gone(self) -> None:
        """It fails, and leaves nothing."""
        self.path.unlink()
        await self.refused()
        self.assertEqual(self.left(), [])


def names(folder: Path) -> list[str]:
    """Of what a folder holds."""
    return [path.name for path in folder.iterdir()]


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a database says."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def dump(path: Path) -> list[str]:
    """All that a database holds, as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@contextmanager
def at_most_written(size: int) -> Iterator[None]:
    """Every file of this process stays below so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
