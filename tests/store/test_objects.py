"""The store in a bucket, on a real S3 service."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from time import time

import attrs
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from pictd.errors import ObjectStoreUnavailable, StoreUnavailable
from pictd.interfaces.stores import IStore
from pictd.metrics import OBJECT_REQUESTS, Metrics
from pictd.model.identifiers import new_identifier
from pictd.store.objects.answers import Answer
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Access, Call
from pictd.store.objects.spans import SPANS, Spans, span_of
from pictd.store.objects.store import ObjectStore
from pictd.store.objects.strays import Strays
from tests.contracts import store
from tests.support.buckets import service_in, store_in
from tests.support.figures import figure
from tests.support.swift import OnSwift
from tests.support.waiting import until

PART = 100_000


class ObjectStoreTests(OnSwift, store.StoreContract, TestCase):
    """``IStore``, and what is particular to objects."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        self.bucket = self.new_bucket()
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


class FiguresTests(OnSwift, TestCase):
    """What is measured."""

    def setUp(self) -> None:
        """Nothing yet."""
        self.bucket, self.metrics = self.new_bucket(), Metrics()
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


class PartsTests(OnSwift, TestCase):
    """Files that go in parts."""

    def setUp(self) -> None:
        """Parts of 100 kB."""
        self.bucket = self.new_bucket()
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


class CrashTests(OnSwift, TestCase):
    """A process that dies leaves a marker of each span in which it saved something."""

    def setUp(self) -> None:
        """A bucket, and who saves."""
        self.bucket = self.new_bucket()
        self.dying = store_in(self, self.bucket)

    async def saved(self) -> str:
        """By the process that is going to die."""
        path = Path(self.mktemp())
        path.write_bytes(b"bytes")
        return await self.dying.save(path, ".png", "image/png")

    def markers(self) -> list[str]:
        """Keys."""
        keys = self.bucket.keys()
        return [key for key in keys if key.startswith(".pictd/")]

    async def decide(self, survivor: ObjectStore, recorded: str, stray: str) -> None:
        """As the sweep does."""
        self.assertEqual(set(await survivor.strays(store.ALWAYS)), {recorded, stray})
        await survivor.keep(recorded)
        await survivor.remove(stray)

    async def test_the_next_process(self) -> None:
        """Finds all that was saved then; once that is decided on, no marker is left."""
        recorded, stray = await self.saved(), await self.saved()
        survivor = store_in(self, self.bucket)
        self.assertEqual(list(await survivor.strays(0)), [])
        await self.decide(survivor, recorded, stray)
        self.assertEqual(self.bucket.keys(), [recorded])
        self.assertEqual(list(await survivor.strays(store.ALWAYS)), [])

    async def test_a_sweep_that_dies_too(self) -> None:
        """What it did not decide on is found again."""
        recorded, stray = await self.saved(), await self.saved()
        first, second = store_in(self, self.bucket), store_in(self, self.bucket)
        await first.strays(store.ALWAYS)
        await first.keep(recorded)
        await self.decide(second, recorded, stray)
        self.assertEqual(self.markers(), [])

    async def test_nothing_was_saved(self) -> None:
        """A marker of nothing goes with the first sweep."""
        stray = await self.saved()
        self.bucket.ask("DELETE", stray)
        self.assertEqual(list(await store_in(self, self.bucket).strays(store.ALWAYS)), [])
        self.assertEqual(self.markers(), [])

    async def test_suspects_are_known_to_others(self) -> None:
        """Until somebody decides."""
        await self.dying.suspect("a cat.JPG")
        survivor = store_in(self, self.bucket)
        self.assertEqual(list(await survivor.strays(store.ALWAYS)), ["a cat.JPG"])
        await survivor.remove("a cat.JPG")
        self.assertEqual(self.bucket.keys(), [])


class Counted(Service):
    """Remembers what it was asked."""

    def __init__(self, access: Access) -> None:
        super().__init__(access, reactor)
        self.asked: list[str] = []
        self.answered = 0

    async def ask(self, call: Call, attempts: int = 4) -> Answer:
        """See ``Service``."""
        self.asked.append(f"{call.method} {call.key}")
        answer = await super().ask(call, attempts)
        self.answered += 1
        return answer


class RequestTests(OnSwift, TestCase):
    """What small files cost."""

    def setUp(self) -> None:
        """A store that counts."""
        bucket = self.new_bucket()
        self.service = Counted(Access(bucket.place, bucket.credentials, 20.0))
        self.store = ObjectStore(self.service, reactor)
        self.addCleanup(self.store.close)

    def file(self) -> Path:
        """To be saved."""
        path = Path(self.mktemp())
        path.write_bytes(b"bytes")
        return path

    async def test_what_is_expected(self) -> None:
        """Is saved by one request, and kept by another."""
        async with self.store.expecting():
            await self.ready()
            identifier = await self.store.save(self.file(), ".png", "image/png")
            self.assertEqual(self.service.asked[1:], [f"PUT {identifier}"])
            await self.store.keep(identifier)
        self.assertEqual(len(self.service.asked), 3)

    async def ready(self) -> None:
        """Wait until the first request is answered."""

        async def is_ready() -> bool:
            return self.service.answered == 1

        await until(is_ready, 10, lambda: self.service.asked)

    async def test_at_the_same_time(self) -> None:
        """Several share a marker: keeping all but the last costs nothing."""
        saving = (self.store.save(self.file(), ".png", "image/png") for _ in range(5))
        saved = await gatherResults([Deferred.fromCoroutine(each) for each in saving])
        for identifier in saved:
            await self.store.keep(identifier)
        spans = {span_of(each) for each in saved}
        self.assertEqual(len(self.service.asked), 5 + 2 * len(spans))


class SpansTests(OnSwift, TestCase):
    """Markers for what is being saved."""

    def setUp(self) -> None:
        """A clock that stands."""
        self.bucket, self.clock = self.new_bucket(), Clock()
        self.clock.advance(1_700_000_000)
        access = Access(self.bucket.place, self.bucket.credentials, 20.0, now=time)
        self.service = Counted(access)
        self.addCleanup(self.service.close)
        self.spans = Spans(self.service, self.clock)

    async def begun(self) -> str:
        """A new identifier."""
        milliseconds = int(self.clock.seconds() * 1000)
        identifier = new_identifier(milliseconds, os.urandom(10), "")
        await self.spans.begin(identifier)
        return identifier

    def marked(self) -> list[str]:
        """Spans."""
        keys = self.bucket.keys()
        return [key.removeprefix(SPANS).rpartition("/")[0] for key in keys]

    async def answered(self, count: int) -> None:
        """Wait for so many answers."""

        async def are_there() -> bool:
            return self.service.answered >= count

        await until(are_there, 10, lambda: self.service.asked)

    async def test_many_have_one(self) -> None:
        """Even where they begin at the same moment; it goes with the last."""
        begun = [Deferred.fromCoroutine(self.begun()) for _ in range(10)]
        first, *others = await gatherResults(begun)
        for each in others:
            await self.spans.end(each)
        self.assertEqual(self.marked(), [span_of(first)])
        await self.spans.end(first)
        await self.spans.end(first)
        self.assertEqual(self.marked(), [])

    async def test_each_span_has_its_own(self) -> None:
        """What is not kept in one holds no other."""
        first = await self.begun()
        self.clock.advance(200)
        await self.spans.end(await self.begun())
        self.assertEqual(self.marked(), [span_of(first)])

    async def test_one_after_the_other(self) -> None:
        """In one span each has another marker: a deletion that is late harms nobody."""
        for _ in range(2):
            await self.spans.end(await self.begun())
        self.assertEqual(len({each.split()[1] for each in self.service.asked}), 2)

    async def test_what_was_expected_in_vain(self) -> None:
        """Its marker goes with the last who expected something."""
        async with self.spans.expecting():
            async with self.spans.expecting():
                await self.answered(1)
            self.assertEqual(len(self.marked()), 1)
        self.assertEqual(self.marked(), [])

    async def test_expected_for_too_short_a_time(self) -> None:
        """A marker that is made only then goes at once."""
        async with self.spans.expecting():
            pass
        await self.answered(2)
        self.assertEqual(self.marked(), [])

    async def test_expected_and_still_being_saved(self) -> None:
        """What is not kept keeps its marker."""
        async with self.spans.expecting():
            identifier = await self.begun()
        self.assertEqual(self.marked(), [span_of(identifier)])
        await self.spans.end(identifier)
        self.assertEqual(self.marked(), [])

    async def test_failing(self) -> None:
        """What can't be noted is not saved, and is not stray."""
        nowhere = attrs.evolve(self.bucket, name="nowhere")
        self.spans = Spans(service_in(self, nowhere), self.clock)
        with self.assertRaises(ObjectStoreUnavailable):
            async with self.spans.expecting():
                await self.begun()

    async def test_closing(self) -> None:
        """Leaves markers of what is not kept, whoever still expects something."""
        first = await self.begun()
        self.clock.advance(200)
        async with self.spans.expecting():
            await self.answered(2)
            await self.spans.close()
            self.assertEqual(self.marked(), [span_of(first)])

    async def test_pages(self) -> None:
        """All strays are found, however many answers it takes to list them."""
        strays = Strays(self.service, self.spans, page=2)
        suspects = [f"01/90/4b/2c/7d/1e/7a/bc/9d/ef/{number:012x}" for number in range(5)]
        for each in suspects:
            await strays.suspect(each)
        self.assertEqual(await strays.find(store.ALWAYS), suspects)
