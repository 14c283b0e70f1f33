"""The sizes that operations give."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.failures import Impossible
from pictd.imaging.geometry import crop_size, fit_area, fit_side, middle


class GeometryTests(SynchronousTestCase):
    """Tables of sizes that ImageMagick 7 gives."""

    def test_fit_side(self) -> None:
        """To the nearest, at least 1, never larger."""
        for size, side, expected in (
            ((640, 480), 100, (100, 75)),
            ((480, 640), 100, (75, 100)),
            ((333, 1000), 100, (33, 100)),
            ((101, 100), 100, (100, 99)),
            ((64, 48), 100, (64, 48)),
            ((1000, 3), 100, (100, 1)),
            ((3, 1000), 10, (1, 10)),
            ((640, 480), 1, (1, 1)),
            ((640, 480), 0, (1, 1)),
            ((641, 479), 320, (320, 239)),
        ):
            self.assertEqual(fit_side(size, side), expected)

    def test_fit_area(self) -> None:
        """To the nearest, so that the area may be a little larger."""
        for size, area, expected in (
            ((1600, 900), 10000, (133, 75)),
            ((64, 48), 10000, (64, 48)),
            ((100, 100), 2500, (50, 50)),
            ((300, 220), 9000, (111, 81)),
            ((449, 493), 569, (23, 25)),
            ((72, 476), 18733, (53, 352)),
            ((829, 510), 15974, (161, 99)),
        ):
            self.assertEqual(fit_area(size, area), expected)

    def test_no_area(self) -> None:
        """There is no such picture."""
        self.assertRaises(Impossible, fit_area, (10, 10), 0)

    def test_crop(self) -> None:
        """One side stays; a side that would vanish stays, too."""
        for size, ratio, expected in (
            ((640, 480), (16, 9), (640, 360)),
            ((640, 480), (1, 1), (480, 480)),
            ((640, 480), (9, 16), (270, 480)),
            ((640, 480), (4, 3), (640, 480)),
            ((640, 480), (20, 1), (640, 32)),
            ((640, 480), (1, 20), (24, 480)),
            ((101, 99), (16, 9), (101, 57)),
            ((3, 3), (20, 1), (3, 3)),
        ):
            self.assertEqual(crop_size(size, ratio), expected)

    def test_the_middle_is_rounded_down(self) -> None:
        """100 by 73 cropped square begins at 13."""
        self.assertEqual(middle((100, 73), (73, 73)), (13, 0))
