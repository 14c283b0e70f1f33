"""Blurhashes: well formed, and of their picture."""

from __future__ import annotations

from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.blurhash import blurhash
from tests.support import samples

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def number(text: str) -> int:
    """The value of base-83 digits."""
    value = 0
    for digit in text:
        value = value * 83 + DIGITS.index(digit)
    return value


class BlurhashTests(SynchronousTestCase):
    """The public algorithm, with the shapes that pictures always had here."""

    def test_components_follow_the_shape(self) -> None:
        """Wide pictures have more across, tall ones more down; the length is what they ask for."""
        for size, shape in (
            ((100, 100), (3, 3)),
            ((640, 480), (4, 3)),
            ((480, 640), (3, 4)),
            ((300, 200), (4, 3)),
            ((160, 90), (5, 3)),
            ((200, 100), (6, 3)),
            ((250, 100), (5, 2)),
            ((300, 100), (6, 2)),
            ((100, 1000), (2, 7)),
            ((1, 1), (3, 3)),
        ):
            text = blurhash(samples.picture(*size), None, size)
            first = number(text[0])
            self.assertEqual((first % 9 + 1, first // 9 + 1), shape)
            self.assertEqual(len(text), 4 + 2 * shape[0] * shape[1])

    def test_a_plain_colour_is_that_colour(self) -> None:
        """In the digits of the mean."""
        text = blurhash(Image.new("RGB", (64, 64), (200, 30, 90)), None, (64, 64))
        self.assertEqual(number(text[2:6]), 200 << 16 | 30 << 8 | 90)

    def test_contrast_survives(self) -> None:
        """The largest component fits its digit."""
        image = Image.new("RGB", (80, 60), "white")
        image.paste("black", (40, 0, 80, 60))
        self.assertEqual(number(blurhash(image, None, image.size)[1]), 82)

    def test_invisible_colours_count(self) -> None:
        """Transparency is left out of account."""
        image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
        opaque = Image.new("RGB", (64, 64), (255, 0, 0))
        self.assertEqual(blurhash(image, None, (64, 64)), blurhash(opaque, None, (64, 64)))

    def test_colours_are_what_a_profile_means(self) -> None:
        """A hash is of sRGB."""
        red = Image.new("RGB", (64, 64), (200, 30, 30))
        mean = number(blurhash(red, samples.swapped_profile(), (64, 64))[2:6])
        self.assertGreater(mean >> 8 & 255, mean >> 16)

    def test_grey(self) -> None:
        """Pictures of one channel are hashed as well."""
        self.assertEqual(len(blurhash(samples.picture(mode="LA"), None, (120, 90))), 28)
