"""What ``pictd migrate-store`` tells."""

from __future__ import annotations

from io import StringIO

from twisted.internet import reactor

from pictd.admin.migrate_store import migrate_store, summary
from pictd.admin.progress import progress_on
from pictd.migration.outcomes import Fate, Outcomes
from pictd.migration.stores import Ends, Moving
from tests.migration.case import HASTY, MoveTestCase


class MigrateStoreTests(MoveTestCase):
    """Two stores in memory."""

    async def command(self, skip_missing: bool = False) -> tuple[int, list[str], str]:
        """Status, result and what was told on the way."""
        ends = Ends(self.old, self.new, self.repo, self.scratch, reactor)
        told, lines = StringIO(), list[str]()
        progress = progress_on(told, lambda: 0.0)
        moving = Moving(4, pauses=HASTY)
        status = await migrate_store(ends, moving, skip_missing, progress, lines.append)
        return status, lines, told.getvalue()

    async def test_all_is_well(self) -> None:
        """Status 0, and how much there was."""
        await self.original(1)
        status, lines, _ = await self.command()
        self.assertEqual((status, lines), (0, ["copied: 3 files, 0.0 MiB"]))

    async def test_missing_files(self) -> None:
        """Are named and counted; status 1 unless nobody minds."""
        await self.original(1)
        await self.old.remove("1/variant.webp")
        for skip_missing, expected in ((False, 1), (True, 0)):
            status, lines, told = await self.command(skip_missing)
            self.assertEqual(status, expected)
            self.assertIn("1/variant.webp: missing at the source\n", told)
            self.assertIn("missing at the source: 1 files", lines)

    def test_a_dry_run(self) -> None:
        """Copied nothing."""
        outcomes = Outcomes(1)
        outcomes.note(Fate.COPIED, 3 * 2**20)
        self.assertEqual(summary(outcomes, True), ["would be copied: 1 files, 3.0 MiB"])
