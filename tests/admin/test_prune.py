"""``pictd prune-missing``."""

from __future__ import annotations

from pictd.admin.prune import prune_missing
from pictd.jobs.prune import Prune
from tests.admin.admin_case import CLOCK, AdminTestCase


class PruneTests(AdminTestCase):
    """Of ten originals, as long as nothing else is said, a fifth may be missing."""

    async def prune(self, dry_run: bool = False) -> int:
        """The exit status."""
        prune = Prune(self.repo, self.store, CLOCK, most_missing=0.2, pause=0)
        return await prune_missing(prune, dry_run, self.progress, self.said.append)

    async def lost(self, count: int) -> None:
        """Ten originals are there, and then the bytes of some are gone."""
        originals = [await self.uploaded(number) for number in range(1, 11)]
        self.lose([each.record.identifier for each in originals[:count]])

    async def test_records_go(self) -> None:
        """And are counted; everybody can see how far it is."""
        await self.lost(2)
        self.assertEqual(await self.prune(), 0)
        self.assertEqual(await self.repo.hashes.count(), 8)
        self.assertEqual(self.said, ["2 of 10 originals had lost their bytes, and were removed"])
        self.assertEqual((self.progress.done, self.progress.parts), (10, 0))

    async def test_a_dry_run(self) -> None:
        """Counts, and changes nothing."""
        await self.lost(2)
        self.assertEqual(await self.prune(dry_run=True), 0)
        self.assertEqual(await self.repo.hashes.count(), 10)
        self.assertEqual(
            self.said, ["2 of 10 originals have lost their bytes; nothing was removed"]
        )

    async def test_too_much_is_missing(self) -> None:
        """It is the store that is wrong: nothing is done, dry or not, and the status tells."""
        await self.lost(3)
        for dry_run in (True, False):
            self.assertEqual(await self.prune(dry_run), 1)
        self.assertEqual((await self.repo.hashes.count(), self.said), (10, []))
