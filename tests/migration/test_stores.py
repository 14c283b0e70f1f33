"""Copying all bytes that a repo refers to from one store to another."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.task import Clock

from pictd.errors import StoreGone, StoreUnavailable
from pictd.interfaces.stores import IBlob
from pictd.migration.outcomes import Fate, GivenUp
from pictd.model.alias import Alias
from pictd.model.carried import CarriedOriginal
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord
from pictd.store.filesystem import FilesystemStore
from pictd.store.memory import MemoryStore
from tests.migration.case import MoveTestCase
from tests.support.waiting import until

Act = Callable[[], Awaitable[object]]
SIZE = 64 * 2**20
THREADS = IReactorThreads(reactor)
UPLOAD = "c61422e1-9294-4f1f-977f-c696b7939467"


class CopyingTests(MoveTestCase):
    """Where all goes well."""

    async def test_everything(self) -> None:
        """Originals, still frames, variants and raw uploads are there, under the same identifiers,
        and not stray; the source keeps them."""
        expected = {UPLOAD}
        for number in range(10):
            expected.update((await self.original(number)).identifiers())
        await self.put(self.old, UPLOAD, b"raw")
        await self.repo.uploads.begin(UPLOAD, UPLOAD, None, 0)
        outcomes = await self.run_move()
        self.assertEqual(self.identifiers(self.new), expected)
        self.assertEqual(self.identifiers(self.old), expected)
        for identifier in expected - {UPLOAD}:
            self.assertEqual(await self.stored(self.new, identifier), self.content(identifier))
        self.assertEqual((outcomes.counts, outcomes.is_well(False)), ({Fate.COPIED: 31}, True))
        self.assertEqual(list(await self.new.strays(2**62)), [])

    async def test_nothing(self) -> None:
        """Is soon done, though there is no source: a server that has stored nothing has made no
        folder. Where something is to be moved, that is an error."""
        nowhere = FilesystemStore(Path(self.mktemp()), THREADS, is_there=True)
        self.assertEqual((await self.run_move(old=nowhere)).counts, {})
        await self.original(1)
        with self.assertRaises(StoreUnavailable):
            await self.run_move(old=nowhere)

    async def test_what_nobody_refers_to(self) -> None:
        """Stays behind."""
        await self.put(self.old, "nobody", b"bytes")
        await self.run_move()
        self.assertEqual(self.identifiers(self.new), set())

    async def test_again(self) -> None:
        """What is there with the right size is not copied again."""
        await self.original(1)
        await self.run_move()
        self.told.clear()
        self.assertEqual((await self.run_move()).counts, {Fate.PRESENT: 3})

    async def test_part_of_a_copy(self) -> None:
        """As somebody else's tools leave it: it is replaced."""
        original = await self.original(1)
        for identifier in original.identifiers():
            await self.put(self.new, identifier, b"part")
        await self.run_move()
        for identifier in original.identifiers():
            self.assertEqual(await self.stored(self.new, identifier), self.content(identifier))

    async def test_a_dry_run(self) -> None:
        """Counts what would be copied, and writes nothing."""
        await self.original(1)
        await self.put(self.new, "1/still.webp", self.content("1/still.webp"))
        outcomes = await self.run_move(dry_run=True)
        self.assertEqual(outcomes.counts, {Fate.COPIED: 2, Fate.PRESENT: 1})
        self.assertEqual(outcomes.copied_bytes, len(b"original 1variant 1"))
        self.assertEqual(self.identifiers(self.new), {"1/still.webp"})

    async def test_media_types(self) -> None:
        """Are those of the originals' formats; what was never measured has that of its name."""
        await self.original(1)
        new = Typed()
        await self.run_move(new=new)
        expected = {"1/original.mp4": "video/mp4"}
        expected |= {f"1/{name}.webp": "image/webp" for name in ("still", "variant")}
        self.assertEqual(new.types, expected)


class Typed(MemoryStore):
    """Remembers media types."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.types: dict[str, str] = {}

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        await super().put(identifier, source, media_type)
        self.types[identifier] = media_type


class LargeFileTests(MoveTestCase):
    """A video of some size."""

    async def test_memory(self) -> None:
        """It is never held whole, nor much of it."""
        path = Path(self.mktemp())
        path.touch()
        os.truncate(path, SIZE)
        digest = hashlib.sha256(bytes(SIZE)).digest()
        record = HashRecord(Hash(digest, SIZE, Format.VIDEO_MP4), "a/video.mp4", 1)
        await self.repo.records.add_originals([CarriedOriginal(record, {}, [], [], {})])
        old, new = (FilesystemStore(Path(self.mktemp()), THREADS) for _ in range(2))
        await old.put("a/video.mp4", path, "video/mp4")
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual((await self.run_move(old=old, new=new)).copied_bytes, SIZE)
        self.assertLess(tracemalloc.get_traced_memory()[1], 4 * 2**20)


class DoubtTests(MoveTestCase):
    """Bytes that are not as they should be."""

    async def test_missing(self) -> None:
        """Is told, and no success unless asked for; the rest is copied."""
        await self.original(1)
        await self.old.remove("1/variant.webp")
        outcomes = await self.run_move()
        self.assertIs(self.told["1/variant.webp"], Fate.MISSING)
        self.assertEqual(outcomes.counts, {Fate.COPIED: 2, Fate.MISSING: 1})
        self.assertEqual((outcomes.is_well(False), outcomes.is_well(True)), (False, True))

    async def test_only_in_the_destination(self) -> None:
        """Is not missing: a server that serves meanwhile put it there."""
        await self.original(1)
        for identifier in ("1/original.mp4", "1/variant.webp"):
            await self.old.remove(identifier)
            await self.put(self.new, identifier, self.content(identifier))
        self.assertTrue((await self.run_move()).is_well(False))

    async def test_damaged(self) -> None:
        """Bytes that are not those of their hash are not copied, whatever their size, and nobody
        skips that."""
        await self.original(1)
        for content in (b"ORIGINAL 1", b"short"):
            await self.put(self.old, "1/original.mp4", content)
            self.told.clear()
            outcomes = await self.run_move()
            self.assertIs(self.told["1/original.mp4"], Fate.DAMAGED)
            self.assertFalse(outcomes.is_well(True))
            self.assertIsNone(await self.stored(self.new, "1/original.mp4"))


class DeletingTests(MoveTestCase):
    """A server that deletes meanwhile."""

    async def test_while_it_is_copied(self) -> None:
        """The copy goes as well."""
        await self.original(1)
        new = During(lambda: self.repo.aliases.remove(Alias.parse("name-1.mp4")))
        outcomes = await self.run_move(new=new, concurrency=1)
        self.assertEqual(self.identifiers(new), set())
        self.assertEqual(outcomes.counts, {Fate.DELETED: 3})
        self.assertTrue(outcomes.is_well(False))

    async def test_before_it_is_copied(self) -> None:
        """Nothing is missing."""
        await self.original(1, stored=False)
        old = Vanishing(lambda: self.repo.aliases.remove(Alias.parse("name-1.mp4")))
        outcomes = await self.run_move(old=old, concurrency=1)
        self.assertEqual(outcomes.counts, {Fate.DELETED: 3})
        self.assertTrue(outcomes.is_well(False))


class Vanishing(MemoryStore):
    """:param act: whenever something is looked for."""

    def __init__(self, act: Act) -> None:
        super().__init__(Clock())
        self._act = act

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        await self._act()
        return await super().open(identifier)


class During(MemoryStore):
    """:param act: while the first blob is put."""

    def __init__(self, act: Act) -> None:
        super().__init__(Clock())
        self._act: Act | None = act

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        act, self._act = self._act, None
        if act is not None:
            await act()
        await super().put(identifier, source, media_type)


class Failing(MemoryStore):
    """Fails to be read.

    :ivar times: that are left.
    """

    def __init__(self, times: int, error: type[StoreUnavailable] = StoreUnavailable) -> None:
        super().__init__(Clock())
        self.times, self._error = times, error

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        if self.times:
            self.times -= 1
            raise self._error
        return await super().open(identifier)


class TroubleTests(MoveTestCase):
    """Stores that fail."""

    async def test_for_a_moment(self) -> None:
        """It is tried again."""
        await self.original(1)
        outcomes = await self.run_move(new=Failing(2), concurrency=1)
        self.assertEqual(outcomes.counts, {Fate.COPIED: 3})

    async def test_with_one_blob(self) -> None:
        """It is told, and the rest is copied."""
        await self.original(1)
        outcomes = await self.run_move(new=Failing(3), concurrency=1)
        self.assertIs(self.told["1/original.mp4"], Fate.FAILED)
        self.assertEqual(outcomes.counts, {Fate.FAILED: 1, Fate.COPIED: 2})
        self.assertFalse(outcomes.is_well(True))

    async def test_with_all(self) -> None:
        """There is an end to it, long before the last."""
        for number in range(20):
            await self.original(number)
        with self.assertRaises(GivenUp):
            await self.run_move(new=Failing(1000))
        self.assertLess(len(self.told), 10)

    async def test_for_good(self) -> None:
        """Nobody waits for a volume that is not mounted."""
        await self.original(1)
        gone = Failing(1, StoreGone)
        with self.assertRaises(StoreGone):
            await self.run_move(new=gone, concurrency=1)
        self.assertEqual(gone.times, 0)

    async def test_cancelling(self) -> None:
        """Ends it, and leaves no temporary file."""
        await self.original(1)
        await self.original(2)
        hanging: Deferred[None] = Deferred()
        moving = Deferred.fromCoroutine(self.run_move(new=During(lambda: hanging)))
        await self.until_told(2)
        moving.cancel()
        await self.assertFailure(moving, CancelledError)

    async def until_told(self, count: int) -> None:
        """Wait until so many are done."""

        async def are_done() -> bool:
            return len(self.told) >= count

        await until(are_done, 10, lambda: self.told)
