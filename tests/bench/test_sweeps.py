"""What a sweep is measured with."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from bench import queues, sweeps
from bench.client import Refused
from pictd.model.times import SECOND
from pictd.repo.sqlite.database import SqliteRepo


class RowsTests(TestCase):
    """Rows in a database of pictd's."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        self.path = Path(self.mktemp()) / "pictd.sqlite3"
        clock: Any = reactor
        self.repo = SqliteRepo(self.path, clock)
        await self.repo.open()
        self.addCleanup(self.repo.close)

    async def test_they_are_outdated(self) -> None:
        """All of them, for who keeps variants for an hour; none of them for a week."""
        sweeps.fill(self.path)
        self.assertEqual(sweeps.count(self.path), sweeps.VARIANTS)
        now = int(time.time()) * SECOND
        outdated = self.repo.variants.outdated
        every = sweeps.VARIANTS + 1
        self.assertEqual(len(await outdated(now - 3600 * SECOND, every)), sweeps.VARIANTS)
        self.assertEqual(len(await outdated(now - 7 * sweeps.AGE * SECOND, every)), 0)

    async def test_jobs_are_worked_off(self) -> None:
        """The table that the floor is measured on is the one that jobs are in."""
        folder = Path(self.mktemp())
        folder.mkdir()
        self.assertGreater(queues.bare(folder / "bare.sqlite3"), 0)
        self.assertGreater(await queues.worked_off(reactor, folder, 20), 0)

    def test_a_sweep_that_was_none(self) -> None:
        """One that did not begin, or had ended before."""
        sweeps.refuse_unless_sweeping(100, 50)
        for after in (100, 1):
            with self.assertRaises(Refused):
                sweeps.refuse_unless_sweeping(100, after)
