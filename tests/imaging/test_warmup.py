"""What the codecs of this machine can do."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.warmup import warm_up


class WarmUpTests(SynchronousTestCase):
    """Every codec that pictd uses."""

    def test_all_is_there(self) -> None:
        """Where the tests run, nothing is missing."""
        self.assertEqual(warm_up(), [])
