"""The end, in order and at once."""

from __future__ import annotations

import signal
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from pictd.signals import CUT_SHORT, Signals


class StubReactor:
    """Runs what it is given at once, and notes that it was stopped."""

    stopped = 0

    def callFromThread(self, work: Callable[..., object], *arguments: object) -> None:
        work(*arguments)

    def stop(self) -> None:
        self.stopped += 1


class SignalsTests(SynchronousTestCase):
    """Whole processes are told in ``tests.system``."""

    def test_the_first_stops_and_the_second_ends(self) -> None:
        """Whatever they are."""
        reactor, ended = StubReactor(), list[int]()
        signals = Signals(reactor, ended.append)
        signals.told(signal.SIGTERM, None)
        self.assertEqual((reactor.stopped, ended), (1, []))
        signals.told(signal.SIGINT, None)
        self.assertEqual(ended, [CUT_SHORT])
