"""Media that nobody looks at."""

from __future__ import annotations

import hashlib
from pathlib import Path

from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from pictd.interfaces.media import IMedia
from pictd.model.formats import Format, Kind, Output
from pictd.model.limits import Bounds
from pictd.model.operations import parse_chain
from pictd.model.uploads import UploadQuery
from pictd.tools.dummy import DummyMedia


class DummyTests(TestCase):
    """Whatever comes is a PNG."""

    def setUp(self) -> None:
        """A file that is no picture."""
        self.media = DummyMedia()
        self.folder = Path(self.mktemp())
        self.folder.mkdir(parents=True)
        self.source = self.folder / "upload"
        self.source.write_bytes(b"no picture")

    def test_interface(self) -> None:
        """It is an IMedia."""
        verifyObject(IMedia, self.media)

    async def test_kept_to_the_byte(self) -> None:
        """Limits and operations do not apply, and empty files are taken too."""
        query = UploadQuery(Bounds(file_size=0), frozenset({Kind.VIDEO}), (("resize", "x"),))
        for data in (b"no picture", b""):
            self.source.write_bytes(data)
            made = await self.media.normalise(self.source, self.folder, query)
            self.assertEqual(made.path.read_bytes(), data)
            digest = hashlib.sha256(data).digest()
            self.assertEqual((made.hash.digest, made.hash.size), (digest, len(data)))
            self.assertEqual((made.hash.format, made.width, made.height), (Format.IMAGE_PNG, 0, 0))

    async def test_variants(self) -> None:
        """Are the original, whatever is asked for."""
        chain = parse_chain([("resize", "20")])
        source = self.source, Format.IMAGE_PNG, self.folder
        made = await self.media.render(*source, chain, Output.WEBP)
        self.assertEqual((made.path.read_bytes(), made.format), (b"no picture", Format.IMAGE_PNG))

    async def test_facts(self) -> None:
        """There are none."""
        measured = await self.media.describe(self.source, Format.IMAGE_PNG)
        self.assertEqual((measured.width, measured.height, measured.file_size), (0, 0, 10))
        self.assertTrue(await self.media.blurhash(self.source, Format.IMAGE_PNG, self.folder))
