"""Those who wait are woken once, and forgotten."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.model.records import Queue
from pictd.repo.wakeups import Wakeups


class WakeupsTests(SynchronousTestCase):
    """``Wakeups``."""

    def setUp(self) -> None:
        """Nobody waits."""
        self.wakeups = Wakeups()

    def test_wakes_those_of_the_topic(self) -> None:
        """Once."""
        one, two, other = (self.wakeups.wait(topic) for topic in ("id", "id", Queue.PROCESS))
        self.wakeups.wake(["id"])
        self.wakeups.wake(["id", "nobody's"])
        self.successResultOf(one)
        self.successResultOf(two)
        self.assertNoResult(other)

    def test_one_who_leaves(self) -> None:
        """Is not woken, and nobody else notices."""
        leaving, staying = self.wakeups.wait("id"), self.wakeups.wait("id")
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        self.wakeups.wake(["id"])
        self.successResultOf(staying)

    def test_one_who_is_woken_may_turn_another_away(self) -> None:
        """Whoever is left is cancelled, not woken as well, and may wait anew."""
        waiters = [self.wakeups.wait("id"), self.wakeups.wait("id")]
        anew: list[Deferred[None]] = []

        def turn_away(_: None, other: Deferred[None]) -> None:
            anew.append(self.wakeups.wait("id"))
            other.addErrback(lambda failure: failure.trap(CancelledError))
            other.cancel()

        waiters[0].addCallback(turn_away, waiters[1])
        waiters[1].addCallback(turn_away, waiters[0])
        self.wakeups.wake(["id"])
        self.assertEqual(len(anew), 1)
        self.assertNoResult(anew[0])
        self.wakeups.wake(["id"])
        self.successResultOf(anew[0])
