"""The object store that a configuration names."""

from __future__ import annotations

import attrs
from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.assembly.failures import CannotStart
from pictd.assembly.objects import bucket_trouble, make_object_store
from pictd.config.backends import ObjectStore
from tests.support.swift import KEYS, new_bucket

CONFIG = ObjectStore(
    endpoint="http://127.0.0.1:9",
    bucket_name="media",
    use_path_style=True,
    region=KEYS.region,
    access_key=KEYS.access_key,
    secret_key=KEYS.secret_key,
)


class MakingTests(SynchronousTestCase):
    """Before anything is asked of it."""

    def test_a_public_endpoint(self) -> None:
        """Clients are sent there."""
        config = attrs.evolve(CONFIG, public_endpoint="https://cdn.example/m")
        store = make_object_store(config, reactor)
        self.assertEqual(store.public_url("01/02.png"), "https://cdn.example/m/01/02.png")

    def test_without_one(self) -> None:
        """They are not sent elsewhere."""
        self.assertIsNone(make_object_store(CONFIG, reactor).public_url("01/02.png"))

    def test_a_host_that_can_not_be(self) -> None:
        """Ends the start, and names the way out."""
        with self.assertRaisesRegex(CannotStart, "store.use_path_style"):
            make_object_store(attrs.evolve(CONFIG, use_path_style=False), reactor)


class TroubleTests(TestCase):
    """What ``pictd check`` tells."""

    async def test_a_bucket(self) -> None:
        """Nothing; and nothing is written into it."""
        bucket = new_bucket()
        config = attrs.evolve(CONFIG, endpoint=bucket.endpoint, bucket_name=bucket.name)
        self.assertIsNone(await bucket_trouble(config, reactor))
        self.assertEqual(bucket.keys(), [])

    async def test_no_bucket(self) -> None:
        """It is named as missing."""
        config = attrs.evolve(CONFIG, endpoint=new_bucket().endpoint, bucket_name="nowhere")
        self.assertIn("is not there", str(await bucket_trouble(config, reactor)))

    async def test_no_service(self) -> None:
        """It is told that nobody answers."""
        self.assertIn("not available", str(await bucket_trouble(CONFIG, reactor)))

    async def test_the_old_store(self) -> None:
        """Is told by its own name."""
        config = attrs.evolve(CONFIG, use_path_style=False)
        for each in (CONFIG, config):
            told = str(await bucket_trouble(each, reactor, "old_store"))
            self.assertRegex(told, "^old_store[.:]")

    async def test_a_host_that_can_not_be(self) -> None:
        """It is told as at the start."""
        config = attrs.evolve(CONFIG, use_path_style=False)
        self.assertIn("store.use_path_style", str(await bucket_trouble(config, reactor)))
