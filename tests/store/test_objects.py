"""The store in a bucket, on a real S3 service."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

from twisted.trial.unittest import TestCase

from pictd.errors import StoreUnavailable
from pictd.interfaces import IStore
from pictd.metrics import OBJECT_REQUESTS, Metrics
from pictd.store.objects.strays import mark, marked
from tests.contracts import store
from tests.support.figures import figure
from tests.support.swift import new_bucket, service_in, store_in

PART = 100_000


class ObjectStoreTests(store.StoreContract, TestCase):
    """``IStore``, and what is particular to objects."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        self.bucket = new_bucket()
        return store_in(self, self.bucket)

    async def test_the_identifier_is_the_key(self) -> None:
        """Nothing else is left in the bucket once the file is kept."""
        identifier = await self.saved()
        await self.store.keep(identifier)
        self.assertEqual(self.bucket.keys(), [identifier])

    async def test_media_types(self) -> None:
        """Objects carry theirs."""
        headers = self.bucket.headers(await self.saved())
        self.assertEqual(headers["content-type"], "image/png")

    async def test_identifiers_of_all_generations(self) -> None:
        """Objects that pict-rs made are read and removed like ours (spec storage §1.2)."""
        for identifier in ("0/3/c61422e1-9294-4f1f-977f-c696b7939467", "a cat+ä&=(1).JPG"):
            self.bucket.ask("PUT", identifier)
            self.assertEqual((await self.blob(identifier)).size, 0)
            await self.store.remove(identifier)
        self.assertEqual(self.bucket.keys(), [])

    async def test_keys_as_pict_rs_spells_them(self) -> None:
        """Of unusual identifiers, since 0.5.17 (spec storage §6.1): they are found and removed."""
        identifier, key = "50%/[ä] ~\x7f.png", "50%25/%5B%C3%A4%5D %7E%7F.png"
        self.bucket.ask("PUT", key)
        self.assertEqual((await self.blob(identifier)).size, 0)
        await self.store.remove(identifier)
        self.assertEqual(self.bucket.keys(), [])

    async def test_the_check_leaves_one_object(self) -> None:
        """The one that pict-rs leaves; a read-only check leaves none."""
        await self.store.check(read_only=True)
        self.assertEqual(self.bucket.keys(), [])
        await self.store.check()
        self.assertEqual(self.bucket.keys(), ["health-check"])

    async def test_a_copy_that_can_not_be_written(self) -> None:
        """Is an error like others of the store."""
        identifier = await self.saved()
        with self.assertRaises(StoreUnavailable):
            await self.store.local(identifier, Path(self.mktemp()))


class FiguresTests(TestCase):
    """What is measured."""

    def setUp(self) -> None:
        """Nothing yet."""
        self.bucket, self.metrics = new_bucket(), Metrics()
        self.store = store_in(self, self.bucket, part=PART, metrics=self.metrics)

    def counted(self) -> dict[str, float]:
        """How often something reached its end, by pict-rs's names."""
        names = [name for _, name, _ in OBJECT_REQUESTS]
        counts = {
            name: figure(
                self.metrics.registry, f"pict_rs_object_storage_{name}_count", complete="true"
            )
            for name in names
        }
        return {name: count for name, count in counts.items() if count}

    async def save(self, size: int) -> str:
        """A file of so many bytes."""
        path = Path(self.mktemp())
        path.write_bytes(bytes(size))
        return await self.store.save(path, ".png", "image/png")

    async def test_a_small_file(self) -> None:
        """On its way there, back and away; its marker counts as well."""
        identifier = await self.save(9)
        blob = await self.store.open(identifier)
        assert blob is not None
        await store.drain(blob.stream(0, blob.size))
        await self.store.remove(identifier)
        self.assertEqual(
            self.counted(),
            {
                "put_object_request": 2,
                "head_object_request": 1,
                "get_object_request": 1,
                "get_object_request_stream": 1,
                "delete_object_request": 2,
            },
        )

    async def test_a_file_in_parts(self) -> None:
        """Each part counts."""
        await self.save(2 * PART + 1)
        self.assertEqual(
            self.counted(),
            {
                "put_object_request": 1,
                "create_multipart_request": 1,
                "create_upload_part_request": 3,
                "complete_multipart_request": 1,
            },
        )


class PartsTests(TestCase):
    """Files that go in parts."""

    def setUp(self) -> None:
        """Parts of 100 kB."""
        self.bucket = new_bucket()
        self.store = store_in(self, self.bucket, part=PART)

    async def test_sizes(self) -> None:
        """Around the ends of parts: every byte arrives, and no part is empty (contract C11). The
        tag tells how many there were."""
        sizes = {PART: 1, PART + 1: 2, 3 * PART: 3, 9 * PART + 7: 10}
        for size, parts in sizes.items():
            content = os.urandom(size)
            identifier = await self.store.save(self.file(content), ".mp4", "video/mp4")
            blob = await self.store.open(identifier)
            assert blob is not None
            self.assertEqual(await store.drain(blob.stream(0, blob.size)), content)
            headers = self.bucket.headers(identifier)
            self.assertEqual(headers["content-type"], "video/mp4")
            self.assertEqual(headers["etag"].strip('"').partition("-")[2], str(parts))
        self.assertEqual(self.bucket.uploads(), [])

    async def test_a_part_of_parts(self) -> None:
        """A range that begins in one part and ends in another."""
        content = os.urandom(3 * PART)
        identifier = await self.store.save(self.file(content), ".mp4", "video/mp4")
        blob = await self.store.open(identifier)
        assert blob is not None
        read = await store.drain(blob.stream(PART - 10, PART + 20))
        self.assertEqual(read, content[PART - 10 : 2 * PART + 10])

    async def test_what_a_crash_left(self) -> None:
        """The sweep ends old uploads of files, and lets others alone."""
        key = "01/90/4b/2c/7d/1e/7a/bc/9d/ef/0123456789ab.mp4"
        for each in (key, "backup/of/somebody"):
            self.bucket.ask("POST", each, uploads="")
        await self.store.strays(0)
        self.assertEqual(len(self.bucket.uploads()), 2)
        await self.store.strays(store.ALWAYS)
        self.assertEqual(self.bucket.uploads(), ["backup/of/somebody"])

    async def test_memory(self) -> None:
        """Neither way does a large file cost more than some pieces of it."""
        path = self.file(b"")
        os.truncate(path, 32 * 2**20)
        large = store_in(self, self.bucket)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        identifier = await large.save(path, ".mp4", "video/mp4")
        copy = await large.local(identifier, path.parent.absolute())
        assert copy is not None
        self.addCleanup(copy.unlink)
        self.assertEqual(copy.stat().st_size, 32 * 2**20)
        self.assertLess(tracemalloc.get_traced_memory()[1], 8 * 2**20)

    def file(self, content: bytes) -> Path:
        """To be stored."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        return path


class ManyStraysTests(TestCase):
    """More markers than one answer lists."""

    async def test_pages(self) -> None:
        """All are found."""
        service = service_in(self, new_bucket())
        keys = [f"01/90/4b/2c/7d/1e/7a/bc/9d/ef/{number:012x}" for number in range(5)]
        for key in keys:
            await mark(service, key)
        self.assertEqual(await marked(service, store.ALWAYS, page=2), keys)
