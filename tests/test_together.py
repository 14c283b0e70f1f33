"""Several things at once."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.together import all_or_none, together


class TogetherTests(SynchronousTestCase):
    """Five things, two at a time."""

    def setUp(self) -> None:
        """Begin."""
        self.begun: dict[int, Deferred[None]] = {}
        self.working = Deferred.fromCoroutine(together(range(5), self.work, 2))

    async def work(self, item: int) -> None:
        """Waits for the test."""
        self.begun[item] = Deferred()
        await self.begun[item]

    def test_all_are_done(self) -> None:
        """In order, and never more than two at once."""
        for item in range(5):
            self.assertEqual(sorted(self.begun), list(range(min(item + 2, 5))))
            self.assertNoResult(self.working)
            self.begun[item].callback(None)
        self.assertIsNone(self.successResultOf(self.working))

    def test_a_failure(self) -> None:
        """Ends it; what has begun is finished first."""
        self.begun[0].errback(KeyError("no"))
        self.assertNoResult(self.working)
        self.begun[1].callback(None)
        self.failureResultOf(self.working, KeyError)
        self.assertEqual(sorted(self.begun), [0, 1])

    def test_cancelling(self) -> None:
        """Cancels what has begun, and begins nothing."""
        self.working.cancel()
        self.failureResultOf(self.working, CancelledError)
        self.assertEqual(sorted(self.begun), [0, 1])

    def test_nothing(self) -> None:
        """Is done at once."""
        self.successResultOf(Deferred.fromCoroutine(together([], self.work, 2)))
        self.working.cancel()
        self.failureResultOf(self.working)


class AllOrNoneTests(SynchronousTestCase):
    """Works that belong together."""

    def setUp(self) -> None:
        """Two are under way."""
        self.works: list[Deferred[None]] = [Deferred(), Deferred()]
        self.waiting = Deferred.fromCoroutine(all_or_none(self.works))

    def test_all(self) -> None:
        """The end is that of the last."""
        self.works[1].callback(None)
        self.assertNoResult(self.waiting)
        self.works[0].callback(None)
        self.successResultOf(self.waiting)

    def test_a_failure(self) -> None:
        """Is raised as it is, and cancels the others."""
        self.works[1].errback(KeyError("no"))
        self.failureResultOf(self.waiting, KeyError)
        self.assertTrue(self.works[0].called)

    def test_cancelling(self) -> None:
        """Cancels all."""
        self.waiting.cancel()
        self.failureResultOf(self.waiting, CancelledError)
        self.assertTrue(all(work.called for work in self.works))
