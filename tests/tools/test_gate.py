"""The gate in front of children."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import MediaFailed, Overloaded
from pictd.tools.gate import Gate


class GateTests(SynchronousTestCase):
    """One place, two may wait, ten seconds."""

    def setUp(self) -> None:
        """Make the gate."""
        self.clock = Clock()
        self.gate = Gate(self.clock, 1, 2, 10)

    def enter(self) -> Deferred[None]:
        """Ask to be let in."""
        return Deferred.fromCoroutine(self.gate.enter())

    def test_first_come_first_served(self) -> None:
        """Who waits longest is next."""
        self.successResultOf(self.enter())
        first, second = self.enter(), self.enter()
        self.gate.leave()
        self.successResultOf(first)
        self.assertNoResult(second)

    def test_how_many_are_in(self) -> None:
        """Those who wait are not."""
        self.assertEqual(self.gate.inside, 0)
        self.enter()
        self.enter()
        self.assertEqual((self.gate.inside, self.gate.waiting), (1, 1))
        self.gate.leave()
        self.gate.leave()
        self.assertEqual(self.gate.inside, 0)

    def test_full(self) -> None:
        """The third who would wait is turned away."""
        for each in [self.enter() for _ in range(3)][1:]:
            self.assertNoResult(each)
        self.failureResultOf(self.enter(), Overloaded)

    def test_patience(self) -> None:
        """Nobody waits for ever, and who gave up is not let in."""
        self.enter()
        waiting = self.enter()
        self.clock.advance(10)
        self.failureResultOf(waiting, Overloaded)
        self.assertEqual(self.gate.waiting, 0)
        self.gate.leave()
        self.successResultOf(self.enter())

    def test_cancelled(self) -> None:
        """Who leaves the queue makes room in it."""
        self.enter()
        waiting = self.enter()
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.gate.waiting, 0)

    def test_closing(self) -> None:
        """Closing turns away all who wait and all who come."""
        self.enter()
        waiting = self.enter()
        self.gate.close(MediaFailed())
        self.failureResultOf(waiting, MediaFailed)
        self.failureResultOf(self.enter(), MediaFailed)

    def test_no_timer_stays(self) -> None:
        """The patience of who got in is over."""
        self.enter()
        self.enter()
        self.gate.leave()
        self.assertEqual(self.clock.getDelayedCalls(), [])
