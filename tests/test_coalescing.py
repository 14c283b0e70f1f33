"""One maker, many waiters."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.coalescing import MOST_REMEMBERED, Coalescer
from pictd.errors import MediaFailed, Overloaded, PictdError


class CoalescerTests(SynchronousTestCase):
    """Work under a key is done once at a time."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.makers: Coalescer[str] = Coalescer(self.clock, lambda _: 10.0)
        self.works: list[Deferred[str]] = []

    async def work(self) -> str:
        """Ends when the test says so."""
        self.works.append(Deferred())
        return await self.works[-1]

    def get(self, key: str = "key") -> Deferred[str]:
        """Ask for the key."""
        return self.makers.get(key, self.work)

    def test_all_waiters_get_the_result_of_one_maker(self) -> None:
        """Each through a Deferred of its own."""
        waiters = [self.get() for _ in range(3)]
        self.works[0].callback("made")
        self.assertEqual([self.successResultOf(waiter) for waiter in waiters], ["made"] * 3)
        self.assertEqual(len(self.works), 1)

    def test_those_who_join_are_told_of(self) -> None:
        """Who begins the work does not count, nor who gets a remembered failure."""
        told: list[None] = []
        self.makers = Coalescer(self.clock, lambda _: 10.0, lambda: told.append(None))
        waiters = [self.get() for _ in range(3)]
        self.assertEqual(len(told), 2)
        self.works[0].errback(MediaFailed())
        for waiter in waiters:
            self.failureResultOf(waiter, MediaFailed)
        self.assertRaises(MediaFailed, self.get)
        self.assertEqual(len(told), 2)

    def test_another_key_is_other_work(self) -> None:
        """Keys do not wait for each other."""
        self.get("one")
        other = self.get("other")
        self.works[1].callback("other")
        self.assertEqual(self.successResultOf(other), "other")

    def test_a_fault_that_nobody_waits_for(self) -> None:
        """Is logged, for nobody else will ever hear of it; what is known to happen is not."""
        for error in (ZeroDivisionError(), MediaFailed()):
            waiter = self.get()
            waiter.cancel()
            self.failureResultOf(waiter, CancelledError)
            self.works.pop().errback(error)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_a_result_is_not_kept(self) -> None:
        """Whoever asks afterwards begins anew: the repo remembers, not this."""
        self.get()
        self.works[0].callback("made")
        self.get()
        self.assertEqual(len(self.works), 2)

    def test_a_waiter_that_leaves_stops_nothing(self) -> None:
        """Not even the last one: the work goes on."""
        leaving, staying = self.get(), self.get()
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        self.works[0].callback("made")
        self.assertEqual(self.successResultOf(staying), "made")

    def test_one_who_is_answered_may_turn_others_away(self) -> None:
        """Those who are left get the result all the same."""
        first, leaving, staying = self.get(), self.get(), self.get()
        first.addCallback(lambda _: leaving.cancel())
        self.works[0].callback("made")
        self.failureResultOf(leaving, CancelledError)
        self.assertEqual(self.successResultOf(staying), "made")

    def test_idle_waits_for_work_without_waiters(self) -> None:
        """A server that stops lets its makers end."""
        waiter = self.get()
        waiter.cancel()
        self.failureResultOf(waiter, CancelledError)
        idle = self.makers.idle()
        self.assertNoResult(idle)
        self.works[0].callback("made")
        self.successResultOf(idle)

    def let_fail(self, error: Exception, key: str = "key") -> None:
        """Let work under the key fail."""
        waiter = self.get(key)
        self.works[-1].errback(error)
        self.failureResultOf(waiter, type(error))

    def test_a_failure_is_remembered_for_a_while(self) -> None:
        """With its text and its extra members, and without trying."""
        self.let_fail(MediaFailed("cannot be", field="blur"))
        error = self.assertRaises(MediaFailed, self.get)
        self.assertEqual((str(error), error.extra), ("cannot be", {"field": "blur"}))
        self.assertEqual(len(self.works), 1)

    def test_and_then_tried_again(self) -> None:
        """When the time is over."""
        self.let_fail(MediaFailed())
        self.clock.advance(10.0)
        self.get()
        self.assertEqual(len(self.works), 2)

    def test_what_passes_by_itself_is_not_remembered(self) -> None:
        """Nor is a fault of ours."""
        for error in (Overloaded(), ZeroDivisionError()):
            self.let_fail(error)
            again = self.get()
            self.works[-1].callback("made")
            self.assertEqual(self.successResultOf(again), "made")
        self.assertEqual(len(self.works), 4)

    def test_memory_is_bounded(self) -> None:
        """The oldest failure is forgotten first."""
        for n in range(MOST_REMEMBERED + 1):
            self.let_fail(MediaFailed(), str(n))
        self.get("0")
        self.assertRaises(PictdError, self.get, "1")
