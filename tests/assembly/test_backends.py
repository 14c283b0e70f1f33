"""The stores that a configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import attrs
from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.assembly.backends import accelerated, is_shared, make_store
from pictd.config.backends import FilesystemStore, SqliteRepo
from pictd.config.schema import Config, Server
from pictd.interfaces.stores import IStore
from pictd.store.read_through import ReadThroughStore
from tests.assembly.test_objects import CONFIG
from tests.contracts.store import NEW
from tests.support.swift import new_bucket

CLOCK = cast(Any, reactor)


def config(old: Path | None = None, prefix: str | None = None) -> Config:
    """Files, on an embedded database."""
    return Config(
        server=attrs.evolve(Server(), accel_prefix=prefix),
        repo=SqliteRepo(Path("facts")),
        store=FilesystemStore(Path("new")),
        old_store=None if old is None else FilesystemStore(old),
    )


class SharedTests(SynchronousTestCase):
    """Whether somebody else may be at work on the same bytes."""

    def test_nobody(self) -> None:
        """With files and an embedded database."""
        self.assertFalse(is_shared(config()))

    def test_a_move(self) -> None:
        """Is another process that writes files, which no sweep may take for leftovers."""
        self.assertTrue(is_shared(config(Path("old"))))


class StoresTests(TestCase):
    """What serves."""

    async def put(self, store: IStore, content: bytes) -> None:
        """Under one identifier."""
        source = Path(self.mktemp())
        source.write_bytes(content)
        await store.put(NEW, source, "image/webp")

    async def test_reads_through(self) -> None:
        """From where the bytes were, a bucket for example."""
        bucket = new_bucket()
        old = attrs.evolve(CONFIG, endpoint=bucket.endpoint, bucket_name=bucket.name)
        store = make_store(attrs.evolve(config(), old_store=old), CLOCK)
        assert isinstance(store, ReadThroughStore)
        self.addCleanup(store.close)
        await self.put(store.old, b"old")
        blob = await store.open(NEW)
        assert blob is not None
        self.assertEqual(blob.size, 3)

    async def test_nginx_sends_what_is_new(self) -> None:
        """And nothing of the old folder, where it would not look."""
        old = Path(self.mktemp())
        old.mkdir()
        new = FilesystemStore(Path(self.mktemp()))
        wanted = attrs.evolve(config(old, "/stored/"), store=new)
        store = make_store(wanted, CLOCK)
        accel = accelerated(wanted, store)
        assert accel is not None
        assert isinstance(store, ReadThroughStore)
        await self.put(store.old, b"old")
        self.assertIsNone(await accel.place(NEW))
        await self.put(store.new, b"new")
        self.assertEqual(await accel.place(NEW), f"/stored/{NEW}".encode())

    def test_nobody_else_sends(self) -> None:
        """Unless it is asked for."""
        self.assertIsNone(accelerated(config(), make_store(config(), CLOCK)))
