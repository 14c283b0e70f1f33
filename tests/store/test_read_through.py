"""Two stores while bytes move from one to the other."""

from __future__ import annotations

from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from pictd.errors import OldStoreUnavailable
from pictd.interfaces.stores import IStore
from pictd.store.filesystem import FilesystemStore
from pictd.store.memory import MemoryStore
from pictd.store.read_through import ReadThroughStore
from tests.contracts import store

NEW, ALWAYS = store.NEW, store.ALWAYS


class ReadThroughStoreTests(store.StoreContract, TestCase):
    """``IStore``, with an old store that is empty."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        return ReadThroughStore(MemoryStore(Clock()), MemoryStore(Clock()))


class OldBytesTests(TestCase):
    """Bytes that the old store has."""

    def setUp(self) -> None:
        """Two stores."""
        self.new, self.old = MemoryStore(Clock()), MemoryStore(Clock())
        self.store = ReadThroughStore(self.new, self.old)

    def file(self, content: bytes = b"old") -> Path:
        """To be stored."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        return path

    async def content(self, store_: IStore, identifier: str = NEW) -> bytes | None:
        """What is there."""
        blob = await store_.open(identifier)
        return None if blob is None else await store.drain(blob.stream(0, blob.size))

    async def test_reading(self) -> None:
        """Goes through to the old store, and ends at the new one where that has the bytes."""
        await self.old.put(NEW, self.file(), "image/png")
        self.assertEqual(await self.content(self.store), b"old")
        await self.new.put(NEW, self.file(b"new"), "image/png")
        self.assertEqual(await self.content(self.store), b"new")

    async def test_local_files(self) -> None:
        """Likewise."""
        await self.old.put(NEW, self.file(), "image/png")
        folder = Path(self.mktemp())
        folder.mkdir()
        local = await self.store.local(NEW, folder)
        assert local is not None
        self.assertEqual(local.read_bytes(), b"old")

    async def test_saving(self) -> None:
        """Is the new store's."""
        identifier = await self.store.save(self.file(), ".png", "image/png")
        self.assertEqual(await self.content(self.new, identifier), b"old")
        self.assertIsNone(await self.content(self.old, identifier))

    async def test_removing(self) -> None:
        """Is from both."""
        for each in (self.old, self.new):
            await each.put(NEW, self.file(), "image/png")
        await self.store.remove(NEW)
        self.assertEqual((await self.content(self.old), await self.content(self.new)), (None, None))

    async def test_a_copy_that_arrives_after_the_removal(self) -> None:
        """A sweep finds it, and then there is an end to it."""
        await self.old.put(NEW, self.file(), "image/png")
        await self.store.remove(NEW)
        await self.new.put(NEW, self.file(), "image/png")
        self.assertEqual(list(await self.store.strays(ALWAYS)), [NEW])
        await self.store.remove(NEW)
        self.assertIsNone(await self.content(self.store))
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])

    async def test_strays_of_both(self) -> None:
        """What was saved to the old store and never kept is found as well, and kept there."""
        identifier = await self.old.save(self.file(), ".png", "image/png")
        self.assertEqual(list(await self.store.strays(ALWAYS)), [identifier])
        await self.store.keep(identifier)
        self.assertEqual(list(await self.old.strays(ALWAYS)), [])

    async def test_clients_are_not_sent_elsewhere(self) -> None:
        """For nobody else knows where the bytes are."""
        self.assertIsNone(self.store.public_url(NEW))

    async def test_an_old_store_that_is_gone(self) -> None:
        """Is told as such, and never passes for absence; what the new store has is served."""
        gone = FilesystemStore(Path(self.mktemp()), IReactorThreads(reactor), is_there=True)
        through = ReadThroughStore(self.new, gone)
        await self.new.put(NEW, self.file(b"new"), "image/png")
        self.assertEqual(await self.content(through), b"new")
        for attempt in (
            through.open(store.LEGACY[0]),
            through.local(store.LEGACY[0], Path()),
            through.remove(NEW),
            through.strays(0),
            through.check(),
        ):
            with self.assertRaisesRegex(OldStoreUnavailable, "^old_store: "):
                await attempt
