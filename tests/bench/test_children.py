"""What children are said to take."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.children import serving
from pictd.errors import UnreadableMedia
from tests.support import samples

MEGABYTE = 1_000_000


class PeakTests(SynchronousTestCase):
    """A fork server that is asked directly."""

    def picture(self, width: int, height: int) -> Path:
        """A PNG of one colour: small as a file, four bytes a pixel once decoded."""
        path = Path(self.mktemp())
        path.write_bytes(samples.saved(samples.picture(8, 8).resize((width, height), 0), "png"))
        return path.absolute()

    def test_a_decoded_picture_counts(self) -> None:
        """Twelve megapixels take some 48 MB more than next to nothing, however small the file."""
        with serving() as children:
            small, large = (children.uploading(self.picture(side, side)) for side in (16, 3464))
        self.assertGreater(large - small, 45 * MEGABYTE)
        self.assertLess(large - small, 96 * MEGABYTE)

    def test_each_child_counts_for_itself(self) -> None:
        """A small job after a large one takes little again."""
        with serving() as children:
            large, small = (
                children.rendering(self.picture(side, side), "jpeg", ("thumbnail", "8"))
                for side in (3464, 16)
            )
        self.assertGreater(large - small, 45 * MEGABYTE)

    def test_work_that_is_not_done_has_no_peak(self) -> None:
        """A file that can't be decoded is no figure."""
        broken = Path(self.mktemp()).absolute()
        broken.write_bytes(b"no picture")
        with serving() as children, self.assertRaises(UnreadableMedia):
            children.uploading(broken)
