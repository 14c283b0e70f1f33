"""``pictd stats``."""

from __future__ import annotations

import json
from typing import Any

from pictd.admin.stats import tell_stats
from pictd.config.backends import FilesystemStore
from pictd.config.schema import Config
from pictd.model.opening import Opening
from pictd.model.records import Queue
from pictd.model.times import SECOND
from pictd.repo.sqlite.database import SqliteRepo
from tests.admin.admin_case import CLOCK, UPLOAD, AdminTestCase

OTHER = "0d3b5c52-2f0f-4a8e-8d43-4c4c0a7d2c11"


class StatsTests(AdminTestCase):
    """Of a database that somebody else has open."""

    async def stats(self, as_json: bool = True) -> list[str]:
        """What is said."""
        said: list[str] = []
        config = Config(store=FilesystemStore(self.files))
        repo = SqliteRepo(self.path, CLOCK, opening=Opening.LOOK)
        await repo.open()
        try:
            await tell_stats(repo, config, self.progress, as_json, said.append)
        finally:
            await repo.close()
        return said

    async def told(self) -> Any:
        """The one JSON object."""
        (line,) = await self.stats()
        return json.loads(line)

    async def test_nothing(self) -> None:
        """Zeros, and no moment."""
        told = await self.told()
        self.assertEqual((told["originals"], told["bytes"], told["oldest_job"]), (0, 0, None))
        self.assertEqual(told["queues"], {"cleanup": 0, "process": 0})

    async def test_what_is_stored(self) -> None:
        """Counts, bytes and formats."""
        first, _ = await self.uploaded(1, size=100), await self.uploaded(2, size=50)
        await self.varied(first)
        await self.stilled(first)
        await self.repo.details.remove(first.record.identifier)
        told = await self.told()
        expected = {
            "originals": 2,
            "aliases": 2,
            "variants": 1,
            "bytes": 150,
            "formats": {"image_png": 2},
            "stills": 1,
            "originals_without_alias": 0,
            "originals_without_details": 1,
        }
        self.assertEqual({name: told[name] for name in expected}, expected)
        self.assertGreater(told["free_bytes"], 0)
        self.assertEqual((self.progress.done, self.progress.parts), (2, 0))

    async def test_what_is_queued(self) -> None:
        """The oldest job is the one that has been due for the longest time."""
        for seconds in (30, 20, 40):
            await self.repo.jobs.push(Queue.CLEANUP, seconds, seconds * SECOND)
        await self.repo.uploads.begin(UPLOAD, "raw/1", "Payload", 50 * SECOND)
        await self.repo.uploads.begin(OTHER, "raw/2", "Payload", 50 * SECOND)
        await self.repo.uploads.fail(OTHER, "broken", "code")
        told = await self.told()
        self.assertEqual(told["queues"], {"cleanup": 4, "process": 2})
        self.assertEqual(told["oldest_job"], "1970-01-01T00:00:20Z")
        uploads = [told[f"uploads_{kind}"] for kind in ("pending", "unclaimed", "failed")]
        self.assertEqual(uploads, [1, 1, 1])

    async def test_as_text(self) -> None:
        """A line for each figure, one below the other."""
        await self.uploaded(1, size=2048)
        lines = await self.stats(as_json=False)
        self.assertIn("bytes                      2048 (2.0 KiB)", lines)
        self.assertIn("  image png                1", lines)
        self.assertIn("oldest job                 -", lines)
