"""Which originals are read back."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from pictd.admin.samples import Lots, Share


class ShareTests(SynchronousTestCase):
    """As it is given on the command line."""

    def test_forms(self) -> None:
        """All, a number, a percentage."""
        for text, of_thousand in (
            ("all", 1000),
            ("7", 7),
            ("2%", 20),
            ("0.05%", 1),
            ("200%", 1000),
        ):
            self.assertEqual(Share.parse(text).of(1000), of_thousand, text)

    def test_anything_else(self) -> None:
        """Is refused."""
        for text in ("", "some", "-1", "5 %", "1.5", "%", "1e9", "9" * 13):
            self.assertRaises(ValueError, Share.parse, text)


class LotsTests(SynchronousTestCase):
    """Drawing."""

    def test_as_many_as_wanted(self) -> None:
        """Not one more or less, wherever they lie."""
        for wanted in (0, 1, 50, 100, 1000):
            lots = Lots(wanted, 100, Random(wanted))
            self.assertEqual(sum(lots.draw() for _ in range(100)), min(wanted, 100))

    def test_each_is_as_likely(self) -> None:
        """The first no more than the last."""
        counts = [0] * 10
        random = Random(7)
        for _ in range(2000):
            lots = Lots(3, 10, random)
            for place in range(10):
                counts[place] += lots.draw()
        self.assertEqual(sum(counts), 6000)
        self.assertTrue(all(480 < count < 720 for count in counts), counts)

    def test_more_than_were_told(self) -> None:
        """What is uploaded meanwhile is drawn only where everything is."""
        for wanted, total, drawn in ((1, 3, 1), (2, 2, 9)):
            lots = Lots(wanted, total, Random(1))
            self.assertEqual(sum(lots.draw() for _ in range(9)), drawn)
