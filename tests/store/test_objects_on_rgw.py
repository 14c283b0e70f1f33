"""The store in a bucket, on another S3 service, which differs from the first where it may."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pictd.errors import ObjectStoreUnavailable
from pictd.store.objects.signing import Credentials
from pictd.store.objects.store import ObjectStore
from tests.contracts.store import ALWAYS, drain
from tests.store import test_object_mishaps, test_objects
from tests.support.buckets import store_in
from tests.support.rgw import NAME, OnRgw, session, shared
from tests.support.strangers import Names

PART = 100_000


class ObjectStoreTests(OnRgw, test_objects.ObjectStoreTests):
    """See there."""


class FiguresTests(OnRgw, test_objects.FiguresTests):
    """See there."""


class PartsTests(OnRgw, test_objects.PartsTests):
    """See there."""


class CrashTests(OnRgw, test_objects.CrashTests):
    """See there."""


class RequestTests(OnRgw, test_objects.RequestTests):
    """See there."""


class SpansTests(OnRgw, test_objects.SpansTests):
    """See there."""


class ReadingTests(OnRgw, test_object_mishaps.ReadingTests):
    """See there."""


class WritingTests(OnRgw, test_object_mishaps.WritingTests):
    """See there."""


class AwayTests(OnRgw, test_object_mishaps.AwayTests):
    """See there."""


class TlsTests(OnRgw, test_object_mishaps.TlsTests):
    """See there."""


class RefusedTests(OnRgw, test_object_mishaps.RefusedTests):
    """See there."""

    async def test_a_wrong_region(self) -> None:
        """Is none here: buckets have no region."""
        await store_in(self, self.other(region="mars-1")).check()


class NamedTests(OnRgw, TestCase):
    """Buckets that have host names of their own."""

    def setUp(self) -> None:
        """One that the resolver knows."""
        self.bucket = self.new_bucket()
        resolving: Any = reactor
        before = resolving.installNameResolver(Names(**{self.bucket.name: [["127.0.0.1"]]}))
        self.addCleanup(resolving.installNameResolver, before)
        port = urlsplit(self.bucket.endpoint).port
        named = attrs.evolve(self.bucket, endpoint=f"http://{NAME}:{port}", path_style=False)
        self.store = store_in(self, named, part=PART)

    async def test_there_and_back(self) -> None:
        """Whole and in parts, whatever is in the identifier; and nothing is left."""
        path = Path(self.mktemp())
        for size, identifier in ((9, "a cat+ä&=(1).JPG"), (2 * PART + 1, "0/3/c61422e1")):
            content = os.urandom(size)
            path.write_bytes(content)
            await self.store.put(identifier, path, "image/png")
            blob = await self.store.open(identifier)
            assert blob is not None
            self.assertEqual(await drain(blob.stream(0, blob.size)), content)
            self.assertEqual(len(self.bucket.keys()), 1)
            await self.store.remove(identifier)
        self.assertEqual(self.bucket.keys(), [])

    async def test_the_bucket_itself(self) -> None:
        """Is listed, and searched for strays."""
        path = Path(self.mktemp())
        path.write_bytes(b"bytes")
        stray = await self.store.save(path, ".png", "image/png")
        self.assertEqual(await self.store.inventory(10), {stray: 5})
        self.assertEqual(list(await self.store.strays(ALWAYS)), [stray])


class SessionTests(OnRgw, TestCase):
    """Credentials that are good for a while."""

    def setUp(self) -> None:
        """They go on when the token is right."""
        self.bucket, self.credentials = self.new_bucket(), session()

    def store(self, credentials: Credentials) -> ObjectStore:
        """In the bucket, whose owner has these for now."""
        endpoint = shared().tokens
        return store_in(self, attrs.evolve(self.bucket, endpoint=endpoint, credentials=credentials))

    async def test_with_their_token(self) -> None:
        """They do what those of the owner do."""
        store = self.store(self.credentials)
        path = Path(self.mktemp())
        path.write_bytes(b"bytes")
        identifier = await store.save(path, ".png", "image/png")
        await store.keep(identifier)
        blob = await store.open(identifier)
        assert blob is not None
        self.assertEqual(await drain(blob.stream(0, blob.size)), b"bytes")
        await store.remove(identifier)
        self.assertEqual(self.bucket.keys(), [])

    async def test_without_it(self) -> None:
        """Or with another, they do nothing."""
        for token in (None, "another"):
            store = self.store(attrs.evolve(self.credentials, session_token=token))
            with self.assertRaisesRegex(ObjectStoreUnavailable, "403"):
                await store.check()
        self.assertEqual(self.bucket.keys(), [])
