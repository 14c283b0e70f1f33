"""Filters: the same pixels as ImageMagick's."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase
from wand.image import Image as Magick

from pictd.imaging.resample import blur, resize
from pictd.imaging.weights import gaussian_radius
from pictd.model.operations import Filter
from tests.support import samples


def by_magick(image: Image.Image, size: tuple[int, int] | None, how: str | float) -> Image.Image:
    """The picture resized by a filter of this name, or blurred by a number."""
    with Magick(blob=samples.saved(image, "png")) as made:
        if size is not None:
            made.resize(*size, filter=how)
        else:
            made.gaussian_blur(sigma=how)
        return Image.open(io.BytesIO(made.make_blob("png"))).convert(image.mode)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean over all channels, in levels of 255."""
    a, b = (np.asarray(image, float) for image in (one, other))
    return float(np.abs(a - b).mean())


class ResizeTests(SynchronousTestCase):
    """Every filter, in every plain mode."""

    def test_each_filter_is_that_of_imagemagick(self) -> None:
        """Nearer to it than to any other, at several scales."""
        image = samples.detailed(300, 220)
        for size in ((120, 88), (37, 27), (201, 148)):
            made = {f: resize(image, (0, 0, *image.size), size, f) for f in Filter}
            right = {f: by_magick(image, size, f.value.lower()) for f in Filter}
            for own in Filter:
                errors = {f: difference(made[own], right[f]) for f in Filter}
                self.assertEqual(min(errors, key=errors.__getitem__), own)
                self.assertLess(errors[own], 0.55)

    def test_colours_are_weighed_by_alpha(self) -> None:
        """What lies under transparent pixels does not bleed."""
        image = Image.new("RGBA", (60, 60), (255, 0, 0, 0))
        image.paste((0, 0, 255, 255), (20, 20, 40, 40))
        made = np.asarray(resize(image, (0, 0, 60, 60), (21, 21), Filter.LANCZOS2)).astype(int)
        seen = made[made[..., 3] > 20]
        self.assertLessEqual(seen[:, 0].max(), 1)

    def test_grey_with_alpha(self) -> None:
        """Stays grey with alpha."""
        image = samples.picture(80, 60, mode="LA")
        made = resize(image, (0, 0, 80, 60), (40, 30), Filter.MITCHELL)
        self.assertEqual((made.mode, made.size), ("LA", (40, 30)))

    def test_a_plain_picture_stays_plain(self) -> None:
        """Every level keeps its value."""
        for level in (0, 1, 127, 200, 254, 255):
            image = Image.new("L", (50, 40), level)
            for filter in Filter:
                made = resize(image, (0, 0, 50, 40), (17, 13), filter)
                self.assertEqual(made.getextrema(), (level, level))

    def test_a_wide_result_is_made_in_strips(self) -> None:
        """Where strips meet, nothing is to be seen."""
        image = samples.detailed(1500, 8)
        made = resize(image, (0, 0, 1500, 8), (1300, 7), Filter.LANCZOS)
        self.assertLess(difference(made, by_magick(image, (1300, 7), "lanczos")), 0.6)


class BlurTests(SynchronousTestCase):
    """Gaussian blur."""

    def test_blur_is_that_of_imagemagick(self) -> None:
        """At several widths."""
        image = samples.detailed(150, 110)
        for sigma in (0.3, 0.5, 2.0, 7.5):
            made = blur(image, sigma)
            self.assertLess(difference(made, by_magick(image, None, sigma)), 0.6, str(sigma))

    def test_a_kernel_larger_than_the_picture(self) -> None:
        """Edges repeat; the size stays."""
        self.assertEqual(blur(samples.picture(5, 3), 1e9).size, (5, 3))

    def test_the_radius_is_bounded(self) -> None:
        """However wide the blur is asked for."""
        self.assertLessEqual(gaussian_radius(1e9), 128)
        self.assertGreaterEqual(gaussian_radius(1e-9), 1)
