"""Variants of stored pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pictd.imaging.containers.registry import is_clean
from pictd.imaging.failures import Impossible
from tests.imaging.task_case import TaskCase
from tests.support import samples


class RenderTests(TaskCase):
    """Variants."""

    def test_type_of_each_source_in_each_format(self) -> None:
        """By the kind of the source: stills, animations, and GIFs of one frame."""
        still, moving, one = samples.still("jpeg"), samples.animation("webp"), samples.still("gif")
        expected = {
            "jpeg": ({"Image": "jpeg"},) * 3,
            "png": ({"Image": "png"},) * 3,
            "jxl": ({"Image": "jxl"},) * 3,
            "webp": ({"Image": "webp"}, {"Animation": "webp"}, {"Image": "webp"}),
            "avif": ({"Image": "avif"}, {"Animation": "avif"}, {"Image": "avif"}),
            "apng": ({"Image": "png"}, {"Animation": "apng"}, {"Image": "png"}),
            "gif": ({"Animation": "gif"},) * 3,
        }
        for output, formats in expected.items():
            for source, format in zip((still, moving, one), formats, strict=True):
                found = self.rendered(source, output, [("resize", "30")])
                moves = source is moving and output not in ("jpeg", "png", "jxl")
                self.assertEqual((found["format"], found["frames"]), (format, 3 if moves else None))
                self.assertEqual(found["width"], 30)

    def test_a_still_of_an_animation_is_its_first_frame(self) -> None:
        """Exactly one picture."""
        for fmt in samples.MOVING:
            sent = samples.animation(fmt)
            made = samples.frames(self.render(sent, "png"))
            self.assertEqual(len(made), 1)
            self.assertGreater(samples.psnr(made[0][0], samples.frames(sent)[0][0]), 40)

    def test_a_still_may_be_asked_of_any_output(self) -> None:
        """Though the output could move: exactly the first frame."""
        sent = samples.animation("gif")
        for output in ("webp", "avif", "apng", "gif"):
            told = self.rendered(sent, output, still=True)
            made = samples.frames(Path(told["path"]).read_bytes())
            self.assertEqual((told["frames"], len(made)), (None, 1))
            self.assertGreater(samples.psnr(made[0][0], samples.frames(sent)[0][0]), 25)

    def test_times_and_repetition(self) -> None:
        """A GIF that repeats 3 times is a WebP shown 4 times; APNG counts as WebP does."""
        sent = samples.animation("gif", [50, 100, 300, 1000], loop=3)
        for output, loop in (("gif", 3), ("webp", 4), ("apng", 4)):
            made = self.render(sent, output, ("resize", "40"))
            self.assertEqual([time for _, time in samples.frames(made)], [50, 100, 300, 1000])
            self.assertEqual(samples.opened(made).info["loop"], loop)

    def test_frames_that_are_equal_stay(self) -> None:
        """In files that can hold them."""
        frame = samples.picture(40, 30)
        moving = samples.saved(
            frame,
            "gif",
            save_all=True,
            append_images=[samples.picture(40, 30, 2), frame],
            duration=70,
        )
        for output in ("gif", "apng"):
            self.assertEqual(len(samples.frames(self.render(moving, output))), 3)

    def test_transparency_of_animations(self) -> None:
        """What a frame leaves open, the one before does not fill."""
        boxes = []
        for n in range(3):
            frame = Image.new("RGBA", (60, 45), (0, 0, 0, 0))
            frame.paste((200, 40 * n, 30, 255), (10 * n, 5, 10 * n + 15, 30))
            boxes.append(frame)
        sent = samples.saved(
            boxes[0], "webp", save_all=True, append_images=boxes[1:], duration=100, lossless=True
        )
        for output in ("gif", "apng", "webp", "avif"):
            made = samples.frames(self.render(sent, output))
            for (image, _), true in zip(made, boxes, strict=True):
                got, want = image.getchannel("A"), true.getchannel("A")
                self.assertGreater(
                    samples.psnr(got.convert("RGB"), want.convert("RGB")), 30, output
                )

    def test_crop_leaves_no_trace(self) -> None:
        """Every format has the cropped size."""
        for output in ("png", "gif", "apng", "webp", "jpeg", "avif", "jxl"):
            made = samples.opened(self.render(samples.still("png"), output, ("crop", "1x1")))
            self.assertEqual(made.size, (90, 90))

    def test_crop_takes_the_middle_unchanged(self) -> None:
        """To the bit, where the output is lossless."""
        image = samples.picture(100, 73)
        made = samples.opened(self.render(samples.saved(image, "png"), "png", ("crop", "1x1")))
        self.assertEqual(made.tobytes(), image.crop((13, 0, 86, 73)).tobytes())

    def test_a_reduced_decode_is_as_good_as_a_full_one(self) -> None:
        """38 dB at least (contract B13), also behind a crop, on odd sizes and turned pictures."""
        image = samples.detailed(1203, 899)
        for steps in ((("resize", "150"),), (("crop", "1x1"), ("resize", "101"))):
            reduced = self.render(samples.saved(image, "jpeg", quality=92), "png", *steps)
            whole = samples.opened(samples.saved(image, "jpeg", quality=92)).convert("RGB")
            full = self.render(samples.saved(whole, "png"), "png", *steps)
            self.assertGreater(samples.psnr(samples.opened(reduced), samples.opened(full)), 38)

    def test_thumbnails_average(self) -> None:
        """A fine chequer becomes grey."""
        chequer = Image.new("L", (256, 256))
        chequer.putdata([255 * ((x // 2 + y // 2) % 2) for y in range(256) for x in range(256)])
        made = samples.opened(
            self.render(samples.saved(chequer, "png"), "png", ("thumbnail", "40"))
        )
        levels = np.asarray(made)
        self.assertGreater(int(levels.min()), 20)
        self.assertLess(int(levels.max()), 235)

    def test_every_colour_model(self) -> None:
        """Greys, palettes, bits, sixteen bits, print colours."""
        for mode in ("L", "P", "LA", "RGBA", "1", "RGB"):
            data = samples.still("png", 100, 80, mode=mode)
            made = samples.opened(self.render(data, "png", ("resize", "50")))
            self.assertEqual(made.size, (50, 40))
        cmyk = samples.still("jpeg", mode="CMYK")
        made = samples.opened(self.render(cmyk, "webp"))
        self.assertGreater(samples.psnr(made, samples.opened(cmyk).convert("RGB")), 27)

    def test_impossible_operations(self) -> None:
        """They parse, and no picture comes of them."""
        for step in (("blur", "inf"), ("blur", "NaN"), ("resize", ".a0")):
            self.assertRaises(Impossible, self.render, samples.still("png"), "png", step)

    def test_a_gif_gets_the_colours_that_a_profile_means(self) -> None:
        """It has no profiles: red and green change places."""
        red = Image.new("RGB", (20, 20), (200, 30, 30))
        made = self.render(samples.saved(red, "png", icc_profile=samples.swapped_profile()), "gif")
        r, g, _ = samples.opened(made).convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        self.assertGreater(g, r)

    def test_variants_hold_nothing_else(self) -> None:
        """No times, no texts."""
        for output in ("png", "gif", "apng", "webp", "jpeg", "avif", "jxl"):
            self.assertTrue(is_clean(self.render(samples.still("png"), output)))
