"""Two stores in memory, and a repo that refers to bytes in the first."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import attrs
from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from pictd.interfaces.stores import IStore
from pictd.migration.blobs import Blob
from pictd.migration.outcomes import Fate, Outcomes
from pictd.migration.stores import Ends, Moving, StoreMove
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedOriginal, CarriedVariant
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from tests.contracts.store import drain
from tests.support.scratch import SynchronousScratch

HASTY = (0.0, 0.0)
"""Pauses."""


class MoveTestCase(TestCase):
    """A move from ``old`` to ``new``.

    :ivar told: of each blob by its identifier what became of it.
    """

    def setUp(self) -> None:
        """Nothing is stored."""
        self.old, self.new = MemoryStore(Clock()), MemoryStore(Clock())
        self.repo = MemoryRepo()
        self.scratch = SynchronousScratch(Path(self.mktemp()))
        self.told: dict[str, Fate] = {}
        self.addCleanup(lambda: self.assertEqual(self.scratch.live, set()))

    async def put(self, store: IStore, identifier: str, content: bytes) -> None:
        """Bytes that nobody asked for."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        await store.put(identifier, path, "image/png")

    async def original(self, number: int, stored: bool = True) -> CarriedOriginal:
        """Recorded with a still frame and a variant; all three in the old store, unless told."""
        content = b"original %d" % number
        hash = Hash(hashlib.sha256(content).digest(), len(content), Format.VIDEO_MP4)
        record = HashRecord(hash, f"{number}/original.mp4", number, motion=f"{number}/still.webp")
        variant = CarriedVariant("key", f"{number}/variant.webp", 0)
        alias = {Alias.parse(f"name-{number}.mp4"): DeleteToken("token")}
        made = CarriedOriginal(record, alias, [], [variant], {})
        await self.repo.records.add_originals([made])
        if stored:
            for identifier in made.identifiers():
                await self.put(self.old, identifier, self.content(identifier))
        return made

    def content(self, identifier: str) -> bytes:
        """What is stored under it."""
        number, _, name = identifier.partition("/")
        return f"{name.partition('.')[0]} {number}".encode()

    async def run_move(
        self, old: IStore | None = None, new: IStore | None = None, **moving: Any
    ) -> Outcomes:
        """One run, in haste."""
        ends = Ends(old or self.old, new or self.new, self.repo, self.scratch, reactor)
        wanted = attrs.evolve(Moving(concurrency=4, pauses=HASTY), **moving)
        return await StoreMove(ends, wanted, self._tell).run()

    async def stored(self, store: IStore, identifier: str) -> bytes | None:
        """What a store has."""
        blob = await store.open(identifier)
        return None if blob is None else await drain(blob.stream(0, blob.size))

    def identifiers(self, store: MemoryStore) -> set[str]:
        """All that there is."""
        return set(store._blobs)

    def _tell(self, blob: Blob, fate: Fate, why: str) -> None:
        self.assertNotIn(blob.identifier, self.told)
        self.told[blob.identifier] = fate
