"""Workers are kept in number, as long as that can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.workforce.process import WorkerProcess
from pictd.workforce.workforce import (
    MOST_FAILURES,
    REST_AFTER,
    STOP_WITHIN,
    Ended,
    Serves,
    Workforce,
)

LONG = 60.0
"""Seconds after which a dead worker was replaced."""


class RunningReactor(Clock):
    """One that runs already."""

    def callWhenRunning(self, call: Callable[[], None]) -> None:
        """Now."""
        call()


class Hand:
    """A worker without a process.

    :ivar told: what it was asked to do.
    """

    def __init__(self, number: int, serves: Serves, ended: Ended) -> None:
        self.number = number
        self.has_served = False
        self.has_ended = False
        self.status: int | None = None
        self.told: list[str] = []
        self._serves, self._ended = serves, ended

    def serve(self) -> None:
        """Its database is open."""
        self.has_served = True
        self._serves(self._itself)

    def end(self, status: int | None = None) -> None:
        """It is reaped; None: a signal ended it."""
        self.has_ended, self.status = True, status
        self._ended(self._itself, "so it was.")

    def stop(self) -> None:
        """Note it."""
        self.told.append("stop")

    def kill(self) -> None:
        """Note it, and be gone."""
        self.told.append("kill")
        self.end()

    @property
    def _itself(self) -> Any:
        return self


class FakeHiring:
    """Hires hands.

    :ivar hired: all of them, in order.
    :ivar lacking: whether the machine can't start processes.
    """

    def __init__(self) -> None:
        self.hired: list[Hand] = []
        self.lacking = False
        self.closed = self.given_up = False
        self.clearing: list[Deferred[None]] = []
        self.is_slow = False

    def hire(self, number: int, serves: Serves, ended: Ended) -> WorkerProcess:
        """See ``Hiring``."""
        if self.lacking:
            raise BlockingIOError("no more processes")
        hand: Any = Hand(number, serves, ended)
        self.hired.append(hand)
        worker: WorkerProcess = hand
        return worker

    def close(self) -> None:
        """See ``Hiring``."""
        self.closed = True

    async def clear(self, worker: WorkerProcess) -> None:
        """See ``Hiring``."""
        if self.is_slow:
            self.clearing.append(Deferred())
            await self.clearing[-1]

    def give_up(self) -> None:
        """See ``Hiring``."""
        self.given_up = True


class WorkforceTests(SynchronousTestCase):
    """Three workers are to be kept."""

    def setUp(self) -> None:
        """It has begun."""
        self.reactor, self.hiring = RunningReactor(), FakeHiring()
        self.workforce = Workforce(self.reactor, 3, self.hiring)
        self.workforce.startService()

    def numbers(self) -> list[int]:
        """Of those who were hired, in order."""
        return [hand.number for hand in self.hiring.hired]

    def living(self) -> list[Hand]:
        """Those who have not ended."""
        return [hand for hand in self.hiring.hired if not hand.has_ended]

    def all_serve(self) -> None:
        """Let them."""
        self.hiring.hired[0].serve()
        for hand in self.hiring.hired[1:]:
            hand.serve()

    def test_the_others_follow_the_first(self) -> None:
        """When it serves."""
        self.assertEqual(self.numbers(), [1])
        self.hiring.hired[0].serve()
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.reactor.advance(LONG)
        self.assertEqual(self.numbers(), [1, 2, 3])

    def test_the_others_don_t_wait_for_ever(self) -> None:
        """The first may wait for its database."""
        self.reactor.advance(REST_AFTER)
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.all_serve()
        self.assertEqual(self.numbers(), [1, 2, 3])

    def test_a_dead_worker_is_replaced(self) -> None:
        """By one of its number, soon."""
        self.all_serve()
        self.hiring.hired[1].end()
        self.assertEqual((self.workforce.serving, self.workforce.deaths), (2, 1))
        self.reactor.advance(0.2)
        self.assertEqual(self.numbers(), [1, 2, 3, 2])

    def test_one_that_can_t_serve_while_others_do(self) -> None:
        """Is replaced later and later, but within ten seconds."""
        self.hiring.hired[0].serve()
        for _ in range(MOST_FAILURES + 5):
            before = len(self.hiring.hired)
            self.hiring.hired[-1].end(status=1)
            self.reactor.advance(0.3)
            self.assertEqual(len(self.hiring.hired), before)
            self.reactor.advance(10)
            self.assertEqual(len(self.hiring.hired), before + 1)
        self.assertFalse(self.hiring.given_up)

    def test_a_first_one_that_can_t_serve(self) -> None:
        """Is the last: all ends."""
        self.hiring.hired[0].end(status=1)
        self.assertTrue(self.hiring.given_up)
        self.assertEqual(self.numbers(), [1])

    def test_workers_that_are_killed_before_they_serve(self) -> None:
        """Say nothing of others, which are tried so and so often."""
        for deaths in range(MOST_FAILURES):
            self.assertFalse(self.hiring.given_up, deaths)
            self.living()[0].end()
            self.reactor.advance(LONG)
        self.assertTrue(self.hiring.given_up)
        self.living()[0].end()
        self.reactor.advance(LONG)
        self.assertEqual(len(self.living()), 1)

    def test_one_that_serves_after_all(self) -> None:
        """What was before counts no more."""
        for _ in range(MOST_FAILURES - 1):
            self.living()[0].end()
            self.reactor.advance(LONG)
        self.living()[0].serve()
        self.living()[0].end()
        self.assertFalse(self.hiring.given_up)

    def test_no_processes(self) -> None:
        """Where none can be started now, it is tried again."""
        self.all_serve()
        self.hiring.lacking = True
        self.hiring.hired[0].end()
        self.reactor.advance(LONG)
        self.assertEqual(self.numbers(), [1, 2, 3])
        self.hiring.lacking = False
        self.reactor.advance(LONG)
        self.assertEqual(self.numbers(), [1, 2, 3, 1])

    def test_stop(self) -> None:
        """All are asked to end, no other is started, and what they left is removed first."""
        self.all_serve()
        self.hiring.is_slow = True
        stopped = self.workforce.stopService()
        self.assertTrue(self.hiring.closed)
        for hand in self.hiring.hired:
            self.assertEqual(hand.told, ["stop"])
            hand.end(status=0)
        self.assertNoResult(stopped)
        for each in self.hiring.clearing:
            each.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual((self.numbers(), self.workforce.deaths), ([1, 2, 3], 0))

    def test_stop_while_one_is_to_be_replaced(self) -> None:
        """It is not."""
        self.all_serve()
        self.hiring.hired[0].end()
        stopped = self.workforce.stopService()
        for hand in self.hiring.hired[1:]:
            hand.end(status=0)
        self.successResultOf(stopped)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_stop_of_one_that_hangs(self) -> None:
        """It is killed in the end."""
        self.all_serve()
        stopped = self.workforce.stopService()
        for hand in self.hiring.hired[:2]:
            hand.end(status=0)
        self.reactor.advance(STOP_WITHIN)
        self.assertEqual(self.hiring.hired[2].told, ["stop", "kill"])
        self.successResultOf(stopped)
