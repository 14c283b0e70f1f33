"""How many may be busy with one server."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import Overloaded
from pictd.remote.turns import Turns


class TurnsTests(SynchronousTestCase):
    """``Turns``, with two places and a queue of two."""

    def setUp(self) -> None:
        self.turns = Turns(2, 2)

    def take(self, host: str = "h") -> Deferred[None]:
        """Ask for a turn."""
        return Deferred.fromCoroutine(self.turns.take(host))

    def test_places(self) -> None:
        """Are given at once while there are some; other hosts have their own."""
        for host in ("h", "h", "i", "i"):
            self.successResultOf(self.take(host))
        self.assertNoResult(self.take("h"))
        self.assertNoResult(self.take("i"))

    def test_order(self) -> None:
        """First come, first served."""
        waiting = [self.take() for _ in range(4)]
        self.turns.leave("h")
        self.successResultOf(waiting[2])
        self.assertNoResult(waiting[3])
        self.turns.leave("h")
        self.successResultOf(waiting[3])

    def test_a_full_queue(self) -> None:
        """Who comes then is turned away, and changes nothing."""
        waiting = [self.take() for _ in range(4)]
        self.failureResultOf(self.take(), Overloaded)
        self.turns.leave("h")
        self.successResultOf(waiting[2])

    def test_giving_up(self) -> None:
        """Makes room for the next one."""
        waiting = [self.take() for _ in range(4)]
        waiting[2].cancel()
        self.failureResultOf(waiting[2], CancelledError)
        self.turns.leave("h")
        self.successResultOf(waiting[3])

    def test_nothing_is_kept(self) -> None:
        """Of hosts that nobody is busy with."""
        for host in ("h", "h", "i"):
            self.take(host)
        self.assertEqual(self.turns.hosts, 2)
        for host in ("h", "i", "h"):
            self.turns.leave(host)
        self.assertEqual(self.turns.hosts, 0)
        self.successResultOf(self.take())

    def test_no_queue(self) -> None:
        """Who is turned away is not counted."""
        turns = Turns(1, 0)
        self.successResultOf(Deferred.fromCoroutine(turns.take("h")))
        self.failureResultOf(Deferred.fromCoroutine(turns.take("h")), Overloaded)
        turns.leave("h")
        self.assertEqual(turns.hosts, 0)
