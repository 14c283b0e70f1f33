"""What every store promises; backends mix this class into trial's ``TestCase``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IBlob, IByteStream, IStore

if TYPE_CHECKING:
    Mixin = TestCase
else:
    Mixin = object

ALWAYS = 2**62
"""A moment after all others."""
BYTES = bytes(range(256)) * 2000
"""More than one piece."""
NEW = "01/90/4b/2c/7d/1e/7a/bc/9d/ef/0123456789ab.webp"
LEGACY = ("0/3/c61422e1-9294-4f1f-977f-c696b7939467", "picture_of a 100%25_cat.JPG")
"""Identifiers of other generations."""
HOSTILE = (
    "",
    "/etc/passwd",
    "..",
    "../outside",
    "01/../../outside",
    "01//two",
    "01/",
    "./01",
    "01/a\x00b",
    "01/\ud800",
    ".pictd",
    ".pictd/marker",
)
"""What can't be an identifier."""


async def drain(stream: IByteStream) -> bytes:
    """All that is left of a stream."""
    pieces = []
    while piece := await stream.read():
        pieces.append(piece)
    stream.close()
    return b"".join(pieces)


class StoreContract(Mixin):
    """``IStore``, ``IBlob`` and ``IByteStream``."""

    store: IStore

    def new_store(self) -> IStore:
        """An empty store."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Each test has a store of its own."""
        self.store = self.new_store()

    def file(self, content: bytes = b"bytes") -> Path:
        """A file to be stored."""
        path = Path(self.mktemp())
        path.write_bytes(content)
        return path

    async def saved(self, content: bytes = b"bytes", extension: str = ".png") -> str:
        """The identifier of a new blob."""
        return await self.store.save(self.file(content), extension, "image/png")

    async def blob(self, identifier: str) -> IBlob:
        """One that is there; closed when the test ends."""
        blob = await self.store.open(identifier)
        assert blob is not None
        self.addCleanup(blob.close)
        return blob

    async def test_provides_its_interfaces(self) -> None:
        """Store, blob and stream have every method of the contracts."""
        verifyObject(IStore, self.store)
        blob = await self.blob(await self.saved())
        verifyObject(IBlob, blob)
        verifyObject(IByteStream, blob.stream(0, 1))

    async def test_gives_back_what_was_saved(self) -> None:
        """Every byte, in pieces, and the size beforehand."""
        blob = await self.blob(await self.saved(BYTES))
        self.assertEqual(blob.size, len(BYTES))
        self.assertEqual(await drain(blob.stream(0, blob.size)), BYTES)

    async def test_pieces_are_bounded(self) -> None:
        """No piece is larger than 256 KiB, whatever the size of the blob."""
        blob = await self.blob(await self.saved(BYTES))
        stream = blob.stream(0, blob.size)
        self.addCleanup(stream.close)
        self.assertLessEqual(len(await stream.read()), 256 * 1024)

    async def test_parts(self) -> None:
        """From any offset, any number of bytes."""
        blob = await self.blob(await self.saved(BYTES))
        for first, count in ((0, 1), (1, 300_000), (len(BYTES) - 1, 1), (200_000, 0)):
            self.assertEqual(await drain(blob.stream(first, count)), BYTES[first : first + count])

    async def test_the_end_stays_the_end(self) -> None:
        """Reading on gives nothing, again and again."""
        stream = (await self.blob(await self.saved())).stream(0, 5)
        self.assertEqual([await stream.read() for _ in range(3)], [b"bytes", b"", b""])

    async def test_streams_do_not_disturb_each_other(self) -> None:
        """Each has a place of its own."""
        blob = await self.blob(await self.saved(BYTES))
        first, second = blob.stream(0, blob.size), blob.stream(0, blob.size)
        beginning = await first.read()
        self.assertEqual(await drain(second), BYTES)
        self.assertEqual(beginning + await drain(first), BYTES)

    async def test_empty_files(self) -> None:
        """They are blobs of no bytes."""
        blob = await self.blob(await self.saved(b""))
        self.assertEqual((blob.size, await drain(blob.stream(0, 0))), (0, b""))

    async def test_close_is_idempotent(self) -> None:
        """Of blobs and streams."""
        blob = await self.blob(await self.saved())
        stream = blob.stream(0, 5)
        for closable in (stream, stream, blob, blob):
            closable.close()

    async def test_streams_outlive_their_blob(self) -> None:
        """A stream that has begun goes on when the blob is closed, or its bytes are removed."""
        identifier = await self.saved(BYTES)
        blob = await self.blob(identifier)
        stream = blob.stream(0, blob.size)
        beginning = await stream.read()
        blob.close()
        await self.store.remove(identifier)
        self.assertEqual(beginning + await drain(stream), BYTES)

    async def test_a_closed_stream_gives_no_bytes(self) -> None:
        """It can't be mistaken for one that has ended."""
        stream = (await self.blob(await self.saved())).stream(0, 5)
        stream.close()
        with self.assertRaises(StoreUnavailable):
            await stream.read()

    async def test_identifiers(self) -> None:
        """They have the shape of spec storage §5.2, and are never the same."""
        first, second = await self.saved(), await self.saved(extension="")
        self.assertRegex(first, re.compile(r"^([0-9a-f]{2}/){10}[0-9a-f]{12}\.png$"))
        self.assertRegex(second, re.compile(r"^([0-9a-f]{2}/){10}[0-9a-f]{12}$"))
        self.assertNotEqual(first.removesuffix(".png"), second)

    async def test_extensions_are_checked(self) -> None:
        """They become part of a path."""
        for extension in (".a/b", "png", "..", ".p_g", ".\x00"):
            with self.assertRaises(StoreUnavailable):
                await self.saved(extension=extension)
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])

    async def test_a_missing_source(self) -> None:
        """Nothing is stored, not even a stray mark."""
        with self.assertRaises(StoreUnavailable):
            await self.store.save(Path(self.mktemp()), ".png", "image/png")
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])

    async def test_unknown_identifiers(self) -> None:
        """Ordinary absence is None, for identifiers of every generation."""
        for identifier in (NEW, *LEGACY):
            self.assertIsNone(await self.store.open(identifier))
            self.assertIsNone(await self.store.local(identifier, Path(self.mktemp())))
            await self.store.remove(identifier)

    async def test_hostile_identifiers(self) -> None:
        """No method follows one out of the store."""
        for identifier in HOSTILE:
            for attempt in (
                self.store.open(identifier),
                self.store.local(identifier, Path()),
                self.store.remove(identifier),
                self.store.keep(identifier),
                self.store.put(identifier, Path(), "image/png"),
                self.store.suspect(identifier),
            ):
                with self.assertRaises(StoreUnavailable):
                    await attempt

    async def test_local_file(self) -> None:
        """A child can read the bytes from it."""
        folder = Path(self.mktemp())
        folder.mkdir()
        local = await self.store.local(await self.saved(BYTES), folder)
        assert local is not None
        self.assertEqual(local.read_bytes(), BYTES)

    async def test_remove(self) -> None:
        """The bytes are gone; a second call does nothing; other blobs stay."""
        identifier, other = await self.saved(), await self.saved(b"other")
        (await self.blob(identifier)).close()
        await self.store.remove(identifier)
        await self.store.remove(identifier)
        self.assertIsNone(await self.store.open(identifier))
        self.assertEqual((await self.blob(other)).size, 5)

    async def test_stray_until_kept(self) -> None:
        """What was saved is stray until the repo knows it; keeping is idempotent."""
        kept, stray = await self.saved(), await self.saved()
        await self.store.keep(kept)
        await self.store.keep(kept)
        self.assertEqual(list(await self.store.strays(ALWAYS)), [stray])

    async def test_strays_of_the_past(self) -> None:
        """What was saved later is not listed."""
        await self.saved()
        self.assertEqual(list(await self.store.strays(0)), [])

    async def test_removed_is_not_stray(self) -> None:
        """There is nothing left to decide on."""
        await self.store.remove(await self.saved())
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])

    async def test_stray_extensions(self) -> None:
        """Identifiers come back as they were, with or without extension."""
        saved = {await self.saved(extension=each) for each in ("", ".png", ".tar.gz", ".MP4")}
        self.assertEqual(set(await self.store.strays(ALWAYS)), saved)

    async def test_put(self) -> None:
        """The bytes are there under the identifier that was given, of whatever generation, and not
        stray; the file that they came from stays."""
        for identifier in (NEW, *LEGACY):
            source = self.file(BYTES)
            await self.store.put(identifier, source, "image/png")
            blob = await self.blob(identifier)
            self.assertEqual(await drain(blob.stream(0, blob.size)), BYTES)
            self.assertEqual(source.read_bytes(), BYTES)
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])

    async def test_inventory(self) -> None:
        """All identifiers with their sizes, where it is more than asking one by one; and nothing
        where there are too many."""
        await self.store.check()
        identifier = await self.saved()
        await self.store.put(NEW, self.file(BYTES), "image/png")
        found = await self.store.inventory(10)
        if found is not None:
            self.assertEqual(found, {identifier: 5, NEW: len(BYTES)})
            self.assertIsNone(await self.store.inventory(1))

    async def test_put_replaces(self) -> None:
        """What is there, as where somebody else's copy broke off."""
        for content in (b"part", b"the whole"):
            await self.store.put(NEW, self.file(content), "image/png")
            blob = await self.blob(NEW)
            self.assertEqual(await drain(blob.stream(0, blob.size)), content)

    async def test_put_without_a_source(self) -> None:
        """What is there stays."""
        await self.store.put(NEW, self.file(), "image/png")
        with self.assertRaises(StoreUnavailable):
            await self.store.put(NEW, Path(self.mktemp()), "image/png")
        self.assertEqual((await self.blob(NEW)).size, 5)

    async def test_what_was_put_can_be_removed(self) -> None:
        """As if it had been saved."""
        await self.store.put(NEW, self.file(), "image/png")
        await self.store.remove(NEW)
        self.assertIsNone(await self.store.open(NEW))

    async def test_suspected(self) -> None:
        """An identifier is stray, with bytes or without, until it is kept or removed."""
        await self.store.put(NEW, self.file(), "image/png")
        for identifier in (NEW, NEW, *LEGACY):
            await self.store.suspect(identifier)
        self.assertEqual(set(await self.store.strays(ALWAYS)), {NEW, *LEGACY})
        self.assertEqual(list(await self.store.strays(0)), [])
        await self.store.keep(NEW)
        for identifier in LEGACY:
            await self.store.remove(identifier)
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])
        self.assertEqual((await self.blob(NEW)).size, 5)

    async def test_expecting(self) -> None:
        """Changes nothing that can be seen."""
        for _ in range(2):
            async with self.store.expecting(), self.store.expecting():
                await self.store.keep(await self.saved())
        async with self.store.expecting():
            pass
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])
        await self.store.close()

    async def test_close(self) -> None:
        """Idempotent."""
        await self.store.close()
        await self.store.close()

    async def test_check(self) -> None:
        """A store that works passes, and is empty afterwards."""
        await self.store.check()
        await self.store.check(read_only=True)
        self.assertEqual(list(await self.store.strays(ALWAYS)), [])
