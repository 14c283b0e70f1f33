"""The store in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IReactorThreads
from twisted.trial.unittest import TestCase

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IStore
from pictd.store.filesystem import FilesystemStore
from pictd.store.markers import unfinished
from tests.contracts import store


def open_descriptors() -> list[Path]:
    """What the descriptors of this process stand for."""
    links = Path("/proc/self/fd").iterdir()
    return [link.readlink() for link in links if link.is_symlink()]


class FilesystemStoreTests(store.StoreContract, TestCase):
    """``IStore``, and what is particular to files."""

    def new_store(self) -> IStore:
        """See ``StoreContract``."""
        self.root = Path(self.mktemp()) / "root"
        return FilesystemStore(self.root, IReactorThreads(reactor))

    def files(self) -> list[str]:
        """Everything below the root, but for the store's own folder itself."""
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*")}
        return sorted(found - {".pictd"})

    async def test_the_identifier_is_the_path(self) -> None:
        """Nothing else is left in the root once the file is kept."""
        identifier = await self.saved()
        await self.store.keep(identifier)
        files = [name for name in self.files() if (self.root / name).is_file()]
        self.assertEqual(files, [identifier])

    async def test_the_owner_and_the_group_may_read(self) -> None:
        """Whatever the mode of the file that was saved."""
        source = self.file()
        source.chmod(0o600)
        identifier = await self.store.save(source, ".png", "image/png")
        self.assertEqual((self.root / identifier).stat().st_mode & 0o777, 0o640)

    async def test_identifiers_of_all_generations(self) -> None:
        """Files that pict-rs made are read and removed like ours (spec storage §1.2)."""
        for identifier in ("0/3/c61422e1-9294-4f1f-977f-c696b7939467", "a cat.JPG"):
            path = self.root / identifier
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"legacy")
            blob = await self.blob(identifier)
            self.assertEqual(await store.drain(blob.stream(0, blob.size)), b"legacy")
            await self.store.remove(identifier)
        self.assertEqual(self.files(), [])

    async def test_remove_prunes_empty_folders(self) -> None:
        """Up to the first that holds something; the root always stays."""
        identifier = await self.saved()
        neighbour = self.root / identifier[:2] / "neighbour"
        neighbour.write_bytes(b"")
        await self.store.remove(identifier)
        self.assertEqual(self.files(), [identifier[:2], f"{identifier[:2]}/neighbour"])
        await self.store.remove(f"{identifier[:2]}/neighbour")
        self.assertEqual(self.files(), [])
        self.assertTrue(self.root.is_dir())

    async def test_folders_are_no_blobs(self) -> None:
        """An identifier that names a folder has no bytes, nor has one below a file."""
        identifier = await self.saved()
        self.assertIsNone(await self.store.open(identifier[:5]))
        self.assertIsNone(await self.store.open(f"{identifier}/below"))
        self.assertIsNone(await self.store.local(identifier[:5], self.root))

    async def test_a_folder_can_not_be_removed(self) -> None:
        """That is an error, and what lies in it stays."""
        identifier = await self.saved()
        with self.assertRaises(StoreUnavailable):
            await self.store.remove(identifier[:2])
        self.assertTrue((self.root / identifier).is_file())

    async def test_notices_a_file_deleted_by_others(self) -> None:
        """Although it is still open from an earlier read."""
        identifier = await self.saved()
        await self.blob(identifier)
        (self.root / identifier).unlink()
        self.assertIsNone(await self.store.open(identifier))

    async def test_notices_a_file_replaced_by_others(self) -> None:
        """The new bytes count."""
        identifier = await self.saved(b"before")
        await self.blob(identifier)
        other = self.file(b"restored")
        other.rename(self.root / identifier)
        blob = await self.blob(identifier)
        self.assertEqual(await store.drain(blob.stream(0, blob.size)), b"restored")

    async def test_a_truncated_file(self) -> None:
        """The reader is told; it does not wait for bytes that never come."""
        identifier = await self.saved(store.BYTES)
        blob = await self.blob(identifier)
        stream = blob.stream(0, blob.size)
        await stream.read()
        os.truncate(self.root / identifier, 200_000)
        with self.assertRaises(StoreUnavailable):
            await store.drain(stream)

    async def test_a_volume_that_went_away(self) -> None:
        """Files are not absent, nor removed: the store is not available."""
        identifier = await self.saved()
        self.root.rename(f"{self.root}-elsewhere")
        self.root.mkdir()
        for attempt in (
            self.store.open(identifier),
            self.store.local(identifier, self.root),
            self.store.remove(identifier),
            self.saved(),
            self.store.check(),
        ):
            with self.assertRaises(StoreUnavailable):
                await attempt
        self.assertEqual(self.files(), [])

    async def test_a_volume_that_came_back(self) -> None:
        """The store heals by itself (contract E1)."""
        identifier = await self.saved()
        away = self.root.rename(f"{self.root}-elsewhere")
        with self.assertRaises(StoreUnavailable):
            await self.store.check()
        away.rename(self.root)
        await self.store.check()
        await self.blob(identifier)

    async def test_a_root_that_can_not_be_made(self) -> None:
        """The check says so."""
        self.root.parent.mkdir()
        self.root.write_bytes(b"a file")
        with self.assertRaises(StoreUnavailable):
            await self.store.check()

    async def test_unfinished_copies_go_away(self) -> None:
        """Together with the listing of strays, when they are old enough."""
        stray = await self.saved()
        copy = unfinished(self.root)
        copy.write_bytes(b"half")
        self.assertEqual(list(await self.store.strays(0)), [])
        self.assertTrue(copy.exists())
        self.assertEqual(list(await self.store.strays(store.ALWAYS)), [stray])
        self.assertFalse(copy.exists())

    async def test_saves_and_removals_at_once(self) -> None:
        """Nothing is lost where one prunes the folders that another is about to use."""

        async def come_and_go() -> None:
            for _ in range(20):
                identifier = await self.saved()
                await self.blob(identifier)
                await self.store.remove(identifier)

        await gatherResults([Deferred.fromCoroutine(come_and_go()) for _ in range(8)])
        self.assertEqual(self.files(), [])

    async def test_a_reader_who_leaves_early(self) -> None:
        """Whoever no longer waits for a file to be opened leaves no descriptor open."""
        identifier = await self.saved()
        path = self.root.absolute() / identifier
        for _ in range(20):
            leaving = Deferred.fromCoroutine(self.store.open(identifier))
            leaving.cancel()
            await self.assertFailure(leaving, CancelledError)
        for _ in range(100):  # the threads come to their end one after another
            await self.store.check()
        self.assertEqual(open_descriptors().count(path), 0)
