"""What is measured of the slowest answers."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench.bare_server import answering, write_answer
from bench.client import Refused
from bench.file_server import offering
from bench.latency import percentile, slowest_of_hundred


class PercentileTests(SynchronousTestCase):
    """A value that so many do not exceed."""

    def test_of_a_hundred(self) -> None:
        """The ninety-ninth, in whatever order they come."""
        self.assertEqual(percentile([*range(50, 101), *range(1, 50)], 0.99), 99)

    def test_of_few(self) -> None:
        """The greatest."""
        self.assertEqual(percentile([3, 1, 2], 0.99), 3)


class LoadTests(SynchronousTestCase):
    """Against a server that only answers."""

    def test_a_figure(self) -> None:
        """Milliseconds, more than none and less than a second."""
        path = Path(self.mktemp())
        write_answer(path, {"X-Test": "yes"}, b"body")
        with answering(path) as port:
            slowest = slowest_of_hundred(port, "/", 0.5)
        self.assertGreater(slowest, 0)
        self.assertLess(slowest, 1000)

    def test_errors_are_no_figure(self) -> None:
        """However quick they are."""
        folder = Path(self.mktemp())
        folder.mkdir()
        with offering(folder) as port, self.assertRaises(Refused) as caught:
            slowest_of_hundred(port, "/nothing", 0.5)
        self.assertIn("404", str(caught.exception))
