"""A real database and real files, with something in them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import attrs
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.model.alias import Alias
from pictd.model.carried import CarriedOriginal
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Naming
from pictd.repo.sqlite.database import SqliteRepo
from pictd.store.filesystem import FilesystemStore
from tests.contracts.repo import details_at, token_of

CLOCK = cast(Any, reactor)
UPLOAD = "c61422e1-9294-4f1f-977f-c696b7939467"


@attrs.define
class Silent:
    """Progress that nobody sees.

    :ivar done: how much was.
    :ivar parts: begun and not ended.
    """

    done: int = 0
    parts: int = 0

    def begin(self, what: str, total: int | None) -> None:
        """See ``Progress``."""
        self.parts += 1

    def advance(self, count: int = 1) -> None:
        """See ``Progress``."""
        self.done += count

    def say(self, line: str) -> None:
        """See ``Progress``."""

    def end(self) -> None:
        """See ``Progress``."""
        self.parts -= 1


class AdminTestCase(TestCase):
    """A test with an open repo, and a store."""

    def setUp(self) -> Deferred[None]:  # type: ignore[override]  # trial waits for it
        """Empty ones."""
        self.root = Path(self.mktemp()).absolute()
        self.path, self.files = self.root / "pictd.sqlite3", self.root / "files"
        self.repo = SqliteRepo(self.path, CLOCK)
        self.store = FilesystemStore(self.files, CLOCK)
        self.progress, self.said = Silent(), list[str]()
        self.addCleanup(lambda: Deferred.fromCoroutine(self.repo.close()))
        return Deferred.fromCoroutine(self.repo.open())

    async def saved(self, data: bytes) -> str:
        """The identifier of bytes that are in the store."""
        source = self.root / "source"
        source.write_bytes(data)
        identifier = await self.store.save(source, ".png", "image/png")
        await self.store.keep(identifier)
        return identifier

    async def uploaded(self, number: int, size: int = 100) -> CarriedOriginal:
        """An original with so many bytes, under the alias of its number."""
        data = b"%d" % number + os.urandom(size - len(str(number)))
        hash = Hash(hashlib.sha256(data).digest(), size, Format.IMAGE_PNG)
        record = HashRecord(hash, await self.saved(data), number * 1000)
        alias = Alias(str(number), ".png")
        naming = Naming(alias, token_of(str(alias)))
        await self.repo.hashes.publish(record, details_at(number), naming)
        return await self.stored(hash)

    async def stored(self, hash: Hash) -> CarriedOriginal:
        """As it is recorded now."""
        (found,) = await self.repo.records.stored([hash])
        return found

    async def varied(self, original: CarriedOriginal, key: str = "resize/9/png") -> str:
        """The identifier of a variant that was made of it."""
        identifier = await self.saved(b"variant")
        hash = original.record.hash
        await self.repo.variants.add(hash, key, identifier, details_at(1), 1)
        return identifier

    async def stilled(self, original: CarriedOriginal) -> str:
        """The identifier of its still frame."""
        identifier = await self.saved(b"still")
        await self.repo.hashes.set_motion(original.record.hash, None, identifier, details_at(1))
        return identifier

    def file(self, identifier: str) -> Path:
        """Where its bytes are."""
        return self.files / identifier

    def lose(self, identifiers: Sequence[str]) -> None:
        """Remove their bytes behind everybody's back."""
        for identifier in identifiers:
            self.file(identifier).unlink()

    def other_details(self) -> Details:
        """Of what is no PNG."""
        return attrs.evolve(details_at(1), format=Format.IMAGE_WEBP)
