"""The store in a bucket, on a real S3 service."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import TestCase

from pictd.errors import StoreUnavailable
from pictd.interfaces import IStore
from tests.contracts import store
from tests.support.swift import new_bucket, store_in


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
        self.assertEqual(self.bucket.media_type(await self.saved()), "image/png")

    async def test_identifiers_of_all_generations(self) -> None:
        """Objects that pict-rs made are read and removed like ours (spec storage §1.2)."""
        for identifier in ("0/3/c61422e1-9294-4f1f-977f-c696b7939467", "a cat+ä&=(1).JPG"):
            self.bucket.ask("PUT", identifier)
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
