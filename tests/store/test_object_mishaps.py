"""The store in a bucket when the way to it, the bucket, the keys or the clock are wrong."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import md5
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlsplit

import attrs
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.errors import ObjectStoreUnavailable, StoreGone
from pictd.metrics import Metrics
from pictd.store.objects.store import ObjectStore
from pictd.store.objects.uploads import Source, Uploads
from tests.contracts.store import ALWAYS, drain
from tests.support.authority import Authority
from tests.support.buckets import Bucket, service_in, store_in
from tests.support.figures import figure
from tests.support.mishaps import Mishap, Plan, Way
from tests.support.swift import OnSwift
from tests.support.waiting import until

BYTES = bytes(range(256)) * 4000
SMALL_PART = 200_000


class MishapsTestCase(OnSwift, TestCase):
    """A bucket, and a way to it."""

    def setUp(self) -> None:
        """All is well."""
        self.bucket = self.new_bucket()
        self.way = Way(self, urlsplit(self.bucket.endpoint).port or 0)

    def store(self, **more: Any) -> ObjectStore:
        """On that way."""
        return store_in(self, attrs.evolve(self.bucket, endpoint=self.way.url), **more)

    def file(self, content: bytes = BYTES) -> Path:
        """To be stored."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        return path

    def stray(self) -> list[str]:
        """Keys of markers."""
        return [key for key in self.keys() if key.startswith(".pictd/")]

    def keys(self) -> list[str]:
        """Of all objects."""
        return self.bucket.keys()

    async def read(self, store: ObjectStore, identifier: str) -> bytes:
        """All of it."""
        blob = await store.open(identifier)
        assert blob is not None
        stream = blob.stream(0, blob.size)
        self.addCleanup(stream.close)
        return await drain(stream)


class ReadingTests(MishapsTestCase):
    """Downloads."""

    async def goes_on_after(self, mishap: Mishap) -> None:
        """Read over a connection to which this happens on its way."""
        store = self.store(seconds=1.0)
        identifier = await store.save(self.file(), ".png", "image/png")
        self.way.plan = Plan(mishap, after=300_000)
        self.assertEqual(await self.read(store, identifier), BYTES)
        self.assertEqual(self.way.happened, 1)

    async def test_a_reset(self) -> None:
        """The rest is asked for."""
        await self.goes_on_after(Mishap.RESET)

    async def test_a_truncation(self) -> None:
        """The rest is asked for."""
        await self.goes_on_after(Mishap.CLOSE)

    async def test_a_stall(self) -> None:
        """Is given up after its time, and the rest is asked for."""
        await self.goes_on_after(Mishap.STALL)

    async def test_there_is_an_end_to_it(self) -> None:
        """A service that always breaks off is not asked for ever."""
        store = self.store()
        identifier = await store.save(self.file(), ".png", "image/png")
        self.way.plan = Plan(Mishap.RESET, after=100_000, times=1000)
        with self.assertRaises(ObjectStoreUnavailable):
            await self.read(store, identifier)


class WritingTests(MishapsTestCase):
    """Uploads, whole or in parts."""

    async def comes_through(self, mishap: Mishap, **more: Any) -> None:
        """Save over a connection to which this happens on its way."""
        store = self.store(seconds=2.0, **more)
        self.way.plan = Plan(mishap, after=300_000, upwards=True)
        identifier = await store.save(self.file(), ".png", "image/png")
        self.assertEqual(self.way.happened, 1)
        self.assertEqual(await self.read(store, identifier), BYTES)
        self.assertEqual(self.bucket.uploads(), [])

    async def test_a_reset(self) -> None:
        """It is sent again."""
        await self.comes_through(Mishap.RESET)

    async def test_a_stall(self) -> None:
        """It is sent again after its time."""
        await self.comes_through(Mishap.STALL)

    async def test_a_reset_among_parts(self) -> None:
        """The part is sent again."""
        await self.comes_through(Mishap.RESET, part=SMALL_PART)

    async def test_a_kept_connection_that_is_closed(self) -> None:
        """As where the other side ends idle connections at the wrong moment."""
        store = self.store()
        await store.check()
        self.way.plan = Plan(Mishap.RESET, after=0, upwards=True)
        await store.save(self.file(), ".png", "image/png")
        self.assertEqual(self.way.happened, 1)

    async def test_an_answer_that_is_lost(self) -> None:
        """To the end of an upload in parts: the object is there, and counts."""
        store = self.store(part=SMALL_PART)
        self.way.plan = Plan(Mishap.RESET, sight=b"<CompleteMultipartUploadResult", times=100)
        identifier = await store.save(self.file(), ".png", "image/png")
        self.assertGreater(self.way.happened, 1)
        self.assertEqual(await self.read(store, identifier), BYTES)

    async def test_all_answers_are_lost(self) -> None:
        """To an object that was sent whole: what is not known to be there goes."""
        store = self.store()
        tag = md5(BYTES, usedforsecurity=False).hexdigest().encode()
        self.way.plan = Plan(Mishap.RESET, sight=tag, times=100)
        with self.assertRaises(ObjectStoreUnavailable):
            await store.save(self.file(), ".png", "image/png")
        self.assertGreater(self.way.happened, 1)
        self.assertEqual((len(self.keys()), self.keys()), (1, self.stray()))

    async def test_a_file_that_shrinks(self) -> None:
        """The upload is ended, and nothing is visible."""
        uploads = Uploads(service_in(self, self.bucket), IReactorThreads(reactor), SMALL_PART)
        for announced in (100, SMALL_PART, 3 * SMALL_PART):
            source = Source(self.file(b"short"), announced, "image/png")
            with self.assertRaises(ObjectStoreUnavailable):
                await uploads.put("key", source)
        self.assertEqual((self.bucket.uploads(), self.keys()), ([], []))

    async def gives_up(self, **more: Any) -> None:
        """Cancel an upload that hangs on its way; the sweep removes its marker."""
        store = self.store(**more)
        self.way.plan = Plan(Mishap.STALL, after=300_000, upwards=True)
        saving = Deferred.fromCoroutine(store.save(self.file(), ".png", "image/png"))

        async def hangs() -> bool:
            return self.way.happened == 1

        await until(hangs, 20, lambda: "it does not hang")
        saving.cancel()
        await self.assertFailure(saving, CancelledError)
        self.assertEqual((self.bucket.uploads(), self.keys()), ([], self.stray()))
        for identifier in await store.strays(ALWAYS):
            await store.remove(identifier)
        self.assertEqual(self.keys(), [])

    async def test_cancelling(self) -> None:
        """Leaves nothing."""
        await self.gives_up()

    async def test_cancelling_parts(self) -> None:
        """Leaves nothing."""
        await self.gives_up(part=SMALL_PART)


class AwayTests(MishapsTestCase):
    """Contract E1."""

    async def test_is_measured(self) -> None:
        """What has no answer is not complete."""
        metrics = Metrics()
        store = self.store(metrics=metrics)
        await self.way.close()
        with self.assertRaises(ObjectStoreUnavailable):
            await store.check()
        name = "pict_rs_object_storage_put_object_request_count"
        self.assertGreater(figure(metrics.registry, name, complete="false"), 0)
        self.assertEqual(figure(metrics.registry, name, complete="true"), 0)
        self.way.reopen()

    async def test_heals_by_itself(self) -> None:
        """While the service is away the store says so; afterwards it works."""
        store = self.store()
        identifier = await store.save(self.file(), ".png", "image/png")
        await self.way.close()
        for attempt in (store.open(identifier), store.check(), store.remove(identifier)):
            with self.assertRaises(ObjectStoreUnavailable):
                await attempt
        self.way.reopen()
        await store.check()
        self.assertEqual(await self.read(store, identifier), BYTES)

    async def test_no_bucket(self) -> None:
        """Objects are not absent, nor removed: the store is gone."""
        store = store_in(self, attrs.evolve(self.bucket, name="no-such-bucket"))
        for attempt in (
            store.open("a"),
            store.remove("a"),
            store.check(read_only=True),
        ):
            with self.assertRaises(StoreGone):
                await attempt


class TlsTests(MishapsTestCase):
    """A service on TLS."""

    def setUp(self) -> None:
        """With a certificate of an authority that only the test knows."""
        super().setUp()
        self.authority = Authority()
        self.way = Way(self, self.way.server, self.authority.server("127.0.0.1"))

    async def test_there_and_back(self) -> None:
        """In parts, and with a break on the way."""
        store = self.store(part=SMALL_PART, trust=self.authority.certificate)
        identifier = await store.save(self.file(), ".png", "image/png")
        self.way.plan = Plan(Mishap.RESET, after=300_000)
        self.assertEqual(await self.read(store, identifier), BYTES)
        self.assertEqual(self.way.happened, 1)

    async def test_a_reader_who_leaves(self) -> None:
        """The connection is let go of, although most is still to come."""
        store = self.store(trust=self.authority.certificate)
        identifier = await store.save(self.file(BYTES * 20), ".png", "image/png")
        blob = await store.open(identifier)
        assert blob is not None
        stream = blob.stream(0, blob.size)
        await stream.read()
        before = len(self.way.near)
        stream.close()

        async def is_gone() -> bool:
            return len(self.way.near) < before

        await until(is_gone, 10, lambda: "the connection stays")

    async def test_a_stranger(self) -> None:
        """Who is not known to the machine's authorities is told nothing."""
        with self.assertRaises(ObjectStoreUnavailable):
            await self.store().check()


class RefusedTests(MishapsTestCase):
    """What the operator is told."""

    async def told(self, now: Callable[[], float] = time, **wrong: str) -> str:
        """By a check that fails; secrets are never told.

        :param wrong: of the credentials.
        """
        store = store_in(self, self.other(**wrong), now=now)
        with self.assertRaises(ObjectStoreUnavailable) as caught:
            await store.check()
        return str(caught.exception)

    def other(self, **different: str) -> Bucket:
        """The bucket, with credentials of which something is different."""
        credentials = attrs.evolve(self.bucket.credentials, **different)
        return attrs.evolve(self.bucket, credentials=credentials)

    async def test_a_wrong_secret(self) -> None:
        """Is named as such."""
        told = await self.told(secret_key="hush")
        self.assertIn("the secret key is wrong", told)
        self.assertNotIn("hush", told)

    async def test_an_unknown_key(self) -> None:
        """Is named as such."""
        self.assertIn("403", await self.told(access_key="test:nobody"))

    async def test_a_wrong_clock(self) -> None:
        """Is named as such."""
        self.assertIn("clocks", await self.told(now=lambda: time() - 3600))
        self.assertIn("clocks", await self.told(now=lambda: time() + 3600))

    async def test_a_wrong_region(self) -> None:
        """Is named as such."""
        self.assertIn("store.region", await self.told(region="mars-1"))
