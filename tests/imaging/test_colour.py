"""Plain pixels of other colour models."""

from __future__ import annotations

import numpy as np
from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.colour import plain


class SixteenBitTests(SynchronousTestCase):
    """More levels than a screen shows."""

    def test_every_level_becomes_the_nearest(self) -> None:
        """In the whole of a picture, though only some rows of it are worked on at a time."""
        levels = np.arange(65536, dtype=np.uint16).reshape(1024, 64)
        image, _ = plain(Image.fromarray(levels), None)
        self.assertEqual((image.mode, image.size), ("L", (64, 1024)))
        self.assertEqual(np.asarray(image).tolist(), np.rint(levels / 257).tolist())
