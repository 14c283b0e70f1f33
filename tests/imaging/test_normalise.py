"""What is stored of an upload."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import ImageOps

from pictd.imaging.containers.registry import is_clean
from pictd.imaging.failures import Unreadable
from pictd.model.limits import Bounds, Rules
from tests.imaging.task_case import TaskCase
from tests.support import samples
from tests.support.samples import SECRET


class NormaliseTests(TaskCase):
    """What is stored of an upload."""

    def test_a_plain_file_is_only_stripped(self) -> None:
        """Its pixels stay to the bit; the answer tells of the stored bytes."""
        for fmt in samples.STILLS:
            sent = samples.still(fmt)
            result = self.normalise(sent)["result"]
            stored = Path(result["path"]).read_bytes()
            self.assertEqual(samples.pixels(stored), samples.pixels(sent))
            self.assertEqual(result["format"], {"Image": fmt})
            self.assertEqual((result["width"], result["height"]), (120, 90))

    def test_orientation_is_applied(self) -> None:
        """The result stands upright, and says nothing of EXIF."""
        for value in range(2, 9):
            sent = samples.still("jpeg", exif=samples.exif(value))
            kept = self.kept(sent)
            expected = ImageOps.exif_transpose(samples.opened(sent))
            self.assertEqual(samples.opened(kept).size, expected.size)
            self.assertGreater(samples.psnr(samples.opened(kept), expected), 28)
            self.assertNotIn(SECRET, kept)
            self.assertTrue(is_clean(kept))

    def test_upright_pictures_are_not_encoded_again(self) -> None:
        """Orientation 1, and values without meaning."""
        for value in (0, 1, 9):
            sent = samples.still("jpeg", exif=samples.exif(value))
            self.assertEqual(self.kept(sent), self.kept(samples.still("jpeg")))

    def test_measures_are_of_the_upload(self) -> None:
        """A picture is measured before it is turned."""
        answer = self.normalise(samples.still("jpeg", exif=samples.exif(6)))
        self.assertEqual((answer["measured"]["width"], answer["measured"]["height"]), (120, 90))
        self.assertEqual((answer["result"]["width"], answer["result"]["height"]), (90, 120))

    def test_limits_come_before_pixels(self) -> None:
        """A file whose pixels are broken is refused for its size."""
        sent = samples.still("webp")
        broken = sent[:40] + bytes(len(sent) - 40)
        narrow = Rules(Bounds(width=119), Bounds(), None)
        self.assertEqual(self.normalise(broken, narrow)["refused"], True)

    def test_limits_come_before_operations(self) -> None:
        """A refused file is not told that its operations were wrong."""
        narrow = Rules(Bounds(width=119), Bounds(), None)
        self.assertNotIn(
            "bad_operation", self.normalise(samples.still("png"), narrow, operations=[("x", "y")])
        )
        self.assertEqual(
            self.normalise(samples.still("png"), operations=[("x", "y")])["bad_operation"], "x"
        )

    def test_a_format_that_is_switched_off(self) -> None:
        """It is refused by its headers."""
        self.assertTrue(self.normalise(samples.still("avif"), disabled=["avif"])["refused"])
        self.assertIn("result", self.normalise(samples.still("png"), disabled=["avif"]))

    def test_the_configured_format(self) -> None:
        """Every still becomes it; one that has it already stays as it is."""
        for fmt in samples.STILLS:
            for target in samples.STILLS:
                sent = samples.still(fmt)
                kept = self.kept(sent, image_format=target)
                self.assertEqual(samples.opened(kept).format, target.upper())
                self.assertGreater(samples.psnr(samples.opened(kept), samples.opened(sent)), 27)
                if fmt == target:
                    self.assertEqual(samples.pixels(kept), samples.pixels(sent))

    def test_the_configured_format_of_animations(self) -> None:
        """Frames, times and repetition come along; stills are left alone."""
        times = [50, 100, 300]
        for fmt in samples.MOVING:
            for target in samples.MOVING:
                kept = self.kept(samples.animation(fmt, times), animation_format=target)
                self.assertEqual([time for _, time in samples.frames(kept)], times, (fmt, target))
        still = samples.still("png")
        self.assertEqual(self.kept(still, animation_format="webp"), self.kept(still))

    def test_operations_are_applied_before_storing(self) -> None:
        """In their order, in the format of the upload."""
        steps = [("crop", "1x1"), ("resize", "50")]
        for fmt in samples.STILLS:
            result = self.normalise(samples.still(fmt), operations=steps)["result"]
            self.assertEqual((result["width"], result["height"]), (50, 50))
            self.assertEqual(result["format"], {"Image": fmt})

    def test_results_are_the_same_every_time(self) -> None:
        """So that the same upload is stored once."""
        for fmt in (*samples.STILLS, "gif"):
            sent = samples.still(fmt)
            changed = {"operations": [("resize", "50")]}
            self.assertEqual(self.kept(sent, **changed), self.kept(sent, **changed))

    def test_a_profile_is_kept_or_its_colours_are(self) -> None:
        """A conversion embeds it."""
        profile = samples.swapped_profile()
        for target in samples.CONTAINERS:
            sent = samples.still("png", icc_profile=profile)
            kept = samples.opened(self.kept(sent, image_format=target))
            self.assertEqual(kept.info.get("icc_profile"), profile)

    def test_a_picture_whose_data_ends_early(self) -> None:
        """The container is whole, the picture in it is not."""
        whole = samples.still("png", 200, 150)
        at = whole.index(b"IDAT")
        body = whole[at + 4 : at + 4 + 500]
        short = (
            struct.pack(">I", 500) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
        )
        self.assertRaises(Unreadable, self.normalise, whole[: at - 4] + short + whole[-12:])
