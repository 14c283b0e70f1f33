"""New databases that nobody sees before they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pictd.errors import RepoUnusable
from pictd.model.opening import Opening
from pictd.repo.sqlite.database import SqliteRepo
from pictd.repo.sqlite.founding import BeingMade, Founding, PlaceTaken
from pictd.repo.sqlite.lease import Lease

LEASE = "pictd.sqlite3-lease"


class FoundingTests(TestCase):
    """One attempt, and others beside it."""

    def setUp(self) -> None:
        """A place in a folder that is not there yet."""
        self.folder = Path(self.mktemp()).absolute() / "deep"
        self.place = self.folder / "pictd.sqlite3"
        self.founding = Founding(self.place)
        self.addCleanup(self.founding.end)

    def files(self) -> list[str]:
        """What is in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    async def fill(self) -> None:
        """With one setting."""
        repo = SqliteRepo(self.founding.aside, cast(Any, reactor), opening=Opening.FILL)
        await repo.open()
        await repo.settings.set("a", b"1")
        await repo.close()

    async def test_whole(self) -> None:
        """It is in its place, and nothing is beside it; only its owner may read it."""
        self.founding.begin()
        await self.fill()
        self.assertFalse(self.place.exists())
        self.founding.finish()
        self.founding.end()
        self.assertEqual(self.files(), [self.place.name, LEASE])
        self.assertEqual(self.place.stat().st_mode & 0o777, 0o600)
        repo = SqliteRepo(self.place, cast(Any, reactor))
        await repo.open()
        self.addCleanup(repo.close)
        self.assertEqual(await repo.settings.get("a"), b"1")

    async def test_given_up(self) -> None:
        """Nothing is left."""
        self.founding.begin()
        await self.fill()
        self.founding.end()
        self.assertEqual(self.files(), [LEASE])

    async def test_after_a_crash(self) -> None:
        """What was begun before does not count."""
        self.folder.mkdir(parents=True)
        for suffix in ("", "-journal", "-wal", "-shm", "-lease"):
            (self.folder / f"{self.founding.aside.name}{suffix}").write_bytes(b"half")
        self.founding.begin()
        self.assertEqual(self.files(), [LEASE])
        await self.fill()
        self.founding.finish()

    async def test_others_keep_away(self) -> None:
        """Nobody else makes, opens or uses a database here meanwhile."""
        self.founding.begin()
        self.assertRaises(BeingMade, Founding(self.place).begin)
        self.assertRaises(BlockingIOError, Lease, self.place)
        self.founding.end()
        with_lease = Lease(self.place)
        self.addCleanup(with_lease.close)
        self.assertRaises(BeingMade, self.founding.begin)

    async def test_a_place_that_is_taken(self) -> None:
        """Stays as it is, whenever it was taken; an empty file is none yet."""
        self.folder.mkdir(parents=True)
        self.place.touch()
        self.founding.begin()
        await self.fill()
        self.place.write_bytes(b"SQLite")
        self.assertRaises(PlaceTaken, self.founding.finish)
        self.founding.end()
        self.assertRaises(PlaceTaken, self.founding.begin)
        self.assertEqual(self.place.read_bytes(), b"SQLite")

    async def test_no_folder(self) -> None:
        """Where none can be made."""
        self.folder.parent.mkdir(parents=True)
        self.folder.touch()
        self.assertRaises(RepoUnusable, self.founding.begin)
