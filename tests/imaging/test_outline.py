"""What headers tell: kind, size, frames, orientation."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.containers.orientation import orientation
from pictd.imaging.containers.registry import measured_of, outline_of
from pictd.model.formats import Format
from tests.support import samples


class OutlineTests(SynchronousTestCase):
    """Headers of whole files."""

    def test_stills(self) -> None:
        """Size and format; no frame count."""
        for fmt in samples.STILLS:
            found = measured_of(outline_of(samples.still(fmt, 90, 61)), 7)
            self.assertEqual(found.format, Format[f"IMAGE_{fmt.upper()}"])
            self.assertEqual((found.width, found.height, found.frames), (90, 61, None))
            self.assertEqual(found.file_size, 7)

    def test_animations(self) -> None:
        """Frames are counted."""
        for fmt in samples.MOVING:
            found = outline_of(samples.animation(fmt, (100,) * 5))
            self.assertEqual(found.format, Format[f"ANIMATION_{fmt.upper()}"])
            self.assertEqual((found.size, found.frames), ((60, 45), 5))

    def test_one_frame(self) -> None:
        """A GIF is an animation all the same; the others are stills. None has a count."""
        for fmt, expected in (
            ("gif", Format.ANIMATION_GIF),
            ("apng", Format.IMAGE_PNG),
            ("webp", Format.IMAGE_WEBP),
            ("avif", Format.IMAGE_AVIF),
        ):
            found = outline_of(samples.animation(fmt, (100,)))
            self.assertEqual((found.format, found.frames), (expected, None))

    def test_an_apng_that_announces_one_frame(self) -> None:
        """It is an animation without a frame count."""
        control = (0).to_bytes(4, "big") + (120).to_bytes(4, "big") + (90).to_bytes(4, "big")
        control += bytes(8) + b"\0\1\0\x0a\0\0"
        announced = (b"acTL", b"\0\0\0\1\0\0\0\0"), (b"fcTL", control)
        found = outline_of(samples.png_with(samples.still("png"), *announced))
        self.assertEqual((found.format, found.frames), (Format.ANIMATION_APNG, None))

    def test_plays(self) -> None:
        """A GIF counts repetitions; what is told here are showings."""
        for fmt, loop, plays in (("gif", 3, 4), ("gif", 0, 0), ("apng", 3, 3), ("webp", 3, 3)):
            self.assertEqual(outline_of(samples.animation(fmt, loop=loop)).plays, plays)

    def test_exif_orientation(self) -> None:
        """1 to 8 in every format that carries EXIF."""
        for fmt in ("jpeg", "png", "webp"):
            for value in range(1, 9):
                found = outline_of(samples.still(fmt, exif=samples.exif(value)))
                self.assertEqual(found.orientation, value, fmt)
                self.assertEqual(found.size, (120, 90))

    def test_xmp_orientation(self) -> None:
        """As an attribute and as an element; EXIF comes first."""
        for text in (b'<r tiff:Orientation="6"/>', b"<tiff:Orientation>6</tiff:Orientation>"):
            self.assertEqual(orientation(None, text), 6)
            self.assertEqual(orientation(samples.exif(3), text), 3)

    def test_orientations_without_meaning_are_upright(self) -> None:
        """0, 9 and broken EXIF."""
        for exif in (samples.exif(0), samples.exif(9), b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"):
            self.assertEqual(orientation(exif, None), 1)
        self.assertEqual(orientation(None, b'tiff:Orientation="99999999999"'), 1)

    def test_frames_larger_than_the_screen_count(self) -> None:
        """Limits of a GIF can't be passed by announcing a small screen."""
        data = samples.still("gif", 100, 80)
        lying = data[:6] + b"\1\0\1\0" + data[10:]
        self.assertEqual(outline_of(lying).size, (100, 80))
