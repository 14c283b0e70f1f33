"""A server on SQLite whose files are in a bucket."""

from __future__ import annotations

import os
import time

from twisted.internet.task import Clock

from pictd.model.identifiers import new_identifier
from pictd.store.objects.spans import Spans
from tests.support.buckets import service_in
from tests.support.rgw import OnRgw
from tests.support.samples import still
from tests.system.case import SystemTestCase, recorded

OURS = "health-check"
"""What is in the bucket beside files."""


class BucketTests(OnRgw, SystemTestCase):
    """All the way, from clients to objects and back."""

    async def setUp(self) -> None:  # type: ignore[override]
        """It serves, and has one file."""
        super().setUp()
        self.bucket = self.new_bucket()
        self.node = await self.started(**self.bucket.settings())
        self.picture = still("png", 300, 200)
        self.entry = (await self.upload(self.node, self.picture)).entry
        self.original = f"/image/original/{self.entry['file']}"

    def files(self) -> set[str]:
        """Keys of the objects, markers included."""
        return set(self.bucket.keys()) - {OURS}

    async def is_as_recorded(self) -> None:
        """The bucket holds what the database knows of, and nothing else."""
        await self.until(
            lambda: self.files() == recorded(self.node),
            lambda: (self.files(), recorded(self.node), self.node.log()),
        )

    async def test_a_file_and_a_variant(self) -> None:
        """They are sent as they are, whole and in part, and are gone once the file is deleted."""
        whole = (await self.get(self.node, self.original)).body
        part = await self.get(self.node, self.original, headers={"range": "bytes=10-29"})
        self.assertEqual((part.status, part.body), (206, whole[10:30]))
        small = f"/image/process.webp?src={self.entry['file']}&thumbnail=32"
        made, again = [await self.get(self.node, small) for _ in range(2)]
        self.assertEqual((made.status, made.body[8:12]), (200, b"WEBP"))
        self.assertEqual(again.body, made.body)
        await self.is_as_recorded()
        self.assertEqual(len(self.files()), 2)
        await self.delete()
        await self.until(lambda: not self.files(), self.files)

    async def delete(self) -> None:
        """The file."""
        path = f"/image/delete/{self.entry['delete_token']}/{self.entry['file']}"
        self.assertEqual((await self.ask(self.node, "DELETE", path)).status, 204)
        self.assertEqual((await self.get(self.node, self.original)).status, 404)

    async def test_what_a_crash_left(self) -> None:
        """Two hours ago: it is removed by the next start; what is recorded stays."""
        before = self.files()
        self.assertEqual(await self.node.stop(), 0)
        await self.crash(time.time() - 2 * 3600)
        self.assertEqual(len(self.files() - before), 4)
        await self.node.restarted()
        await self.is_as_recorded()
        self.assertEqual(self.files(), before)
        self.assertEqual((await self.get(self.node, self.original)).status, 200)

    async def crash(self, moment: float) -> None:
        """Leave three files, and the marker of when they were saved.

        :param moment: seconds since the epoch.
        """
        clock = Clock()
        clock.advance(moment)
        spans = Spans(service_in(self, self.bucket), clock)
        for _ in range(3):
            identifier = new_identifier(int(moment * 1000), os.urandom(10), ".png")
            await spans.begin(identifier)
            self.bucket.ask("PUT", identifier)
