"""Media with the real tasks in real children."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image
from twisted.internet.defer import Deferred

from pictd import errors
from pictd.model.formats import Format, Output
from pictd.model.limits import Bounds, Rules
from pictd.model.operations import parse_chain
from pictd.model.uploads import UploadQuery
from pictd.tools.media import Media
from pictd.tools.settings import MediaSettings
from tests.support import samples
from tests.tools.children import ChildrenTestCase


class RealMediaTests(ChildrenTestCase):
    """From upload to variant."""

    def setUp(self) -> None:
        """A picture, and media."""
        super().setUp()
        self.source = self.folder.with_name("upload")
        Image.effect_noise((400, 300), 60).convert("RGB").save(self.source, "JPEG")
        imaging = self.imaging(tasks="pictd.imaging.tasks", file_size=64 * 1024**2)
        rules = Rules(Bounds(), Bounds(), Bounds())
        self.media = Media(imaging, MediaSettings(rules, ffmpeg=shutil.which("ffmpeg")))

    async def test_upload(self) -> None:
        """A picture is measured, cleaned and hashed."""
        made = await self.media.normalise(self.source, self.folder, UploadQuery())
        self.assertEqual((made.width, made.height), (400, 300))
        self.assertEqual(made.hash.format, Format.IMAGE_JPEG)
        self.assertEqual(made.hash.size, made.path.stat().st_size)
        self.assertIsNotNone(made.blurhash)

    async def test_variants(self) -> None:
        """Every output can be made inside the sandbox."""
        for output in Output:
            chain = parse_chain([("crop", "1x1"), ("resize", "64"), ("blur", "1")])
            source = (self.source, Format.IMAGE_JPEG, self.folder)
            made = await self.media.render(*source, chain, output)
            self.assertEqual((made.width, made.height), (64, 64))
            made.path.unlink()

    async def test_renditions(self) -> None:
        """A still WebP of whatever can be stored, bounded in size, of its first frame."""
        large = samples.still("jpeg", 3000, 1500)
        for data, size in (
            (large, (2048, 1024)),
            (samples.still("png", mode="RGBA"), (120, 90)),
            *((samples.animation(each), (60, 45)) for each in samples.MOVING),
        ):
            self.source.write_bytes(data)
            made = samples.frames((await self.rendition()).read_bytes())
            ((shown, _),) = made
            self.assertEqual(shown.size, size)
            first = samples.frames(data)[0][0].resize(size, Image.Resampling.BOX)
            self.assertGreater(samples.psnr(shown, first), 25)

    async def rendition(self) -> Path:
        """Of the source, which must be a WebP."""
        measured = await self.media.describe(self.source, Format.IMAGE_PNG)
        made = await self.media.rendition(self.source, measured.format, self.folder)
        self.assertEqual(samples.opened(made.read_bytes()).format, "WEBP")
        return made

    async def test_no_memory_for_a_codec(self) -> None:
        """Codecs that end themselves where memory is refused leave the media too expensive."""
        imaging = self.imaging(tasks="pictd.imaging.tasks", memory=64 * 1024**2)
        settings = MediaSettings(Rules(Bounds(), Bounds(), Bounds()), Format.IMAGE_JXL)
        Image.new("RGB", (2000, 1500)).save(self.source, "PNG")
        with self.assertRaises(errors.MediaTooExpensive):
            await Media(imaging, settings).normalise(self.source, self.folder, UploadQuery())

    async def test_measures(self) -> None:
        """Stored files can be measured, and blurhashed, by children that may write nowhere."""
        measured = await self.media.describe(self.source, Format.IMAGE_JPEG)
        self.assertEqual((measured.width, measured.height), (400, 300))
        self.assertTrue(await self.media.blurhash(self.source, Format.IMAGE_JPEG, self.folder))

    async def test_refusals(self) -> None:
        """Limits, bad operations and junk are told apart."""
        work = self.media.normalise
        with self.assertRaises(errors.TooWide):
            await work(self.source, self.folder, UploadQuery(Bounds(width=399)))
        with self.assertRaises(errors.BadOperation):
            await work(self.source, self.folder, UploadQuery(operations=(("crop", "0"),)))
        self.source.write_bytes(b"no picture at all" * 100)
        with self.assertRaises(errors.UploadRefused):
            await work(self.source, self.folder, UploadQuery())

    async def test_nothing_is_missing(self) -> None:
        """On this machine everything works."""
        await self.media.start()
        self.assertEqual(self.media.missing(), [])

    async def test_many_at_once(self) -> None:
        """Uploads at the same time don't disturb each other."""
        works = []
        for number in range(8):
            folder = self.folder / str(number)
            folder.mkdir()
            work = self.media.normalise(self.source, folder, UploadQuery())
            works.append(Deferred.fromCoroutine(work))
        self.assertEqual(len({(await each).hash for each in works}), 1)
