"""Samples are what the table calls them."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench import samples
from bench.children import SETTINGS
from pictd.imaging.containers.registry import outline_of
from pictd.model.codecs import AudioCodec, VideoCodec
from pictd.model.formats import Format

MEBIBYTE = 1024 * 1024


class SampleTests(SynchronousTestCase):
    """Each kind."""

    def test_png(self) -> None:
        """Two megapixels, and another file for another number."""
        first, second = samples.png(0), samples.png(1)
        outline = outline_of(first)
        self.assertIs(outline.format, Format.IMAGE_PNG)
        self.assertEqual(round(outline.width * outline.height / 1e6, 1), 2.0)
        self.assertNotEqual(first, second)

    def test_what_pages_show(self) -> None:
        """A small PNG, and a JPEG of 200 KB."""
        self.assertIs(outline_of(samples.icon(0)).format, Format.IMAGE_PNG)
        photo = samples.web_photo(0)
        self.assertIs(outline_of(photo).format, Format.IMAGE_JPEG)
        self.assertEqual(round(len(photo) / 1e5), 2)

    def test_gif(self) -> None:
        """As many frames as asked for: none is joined with its neighbour."""
        outline = outline_of(samples.gif(0))
        self.assertEqual((outline.frames, outline.size), (20, samples.SMALL))

    def test_movie(self) -> None:
        """Five seconds of what needs no encoding, about 2 MB."""
        path = Path(self.mktemp())
        samples.movie(path, 0)
        outline = outline_of(path.read_bytes())
        assert outline.streams is not None
        codecs = outline.streams.video, outline.streams.audio
        self.assertEqual(codecs, (VideoCodec.H264, AudioCodec.AAC))
        self.assertEqual((outline.size, outline.frames), ((1280, 720), 150))
        self.assertEqual(round(path.stat().st_size / 1e6), 2)

    def test_animation(self) -> None:
        """Its file is small beside its frames, so that it hardly counts."""
        for kind in ("gif", "apng"):
            path = Path(self.mktemp())
            samples.animation(path, kind, 90)
            self.assertEqual(outline_of(path.read_bytes()).frames, 90, kind)
            self.assertLess(path.stat().st_size, MEBIBYTE, kind)

    def test_the_largest_still(self) -> None:
        """All that is accepted, and no more."""
        width, height = samples.HUGE
        self.assertEqual(width * height, SETTINGS.rules.image.area)
