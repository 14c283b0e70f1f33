"""Much of the same work, some of it at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.crowd import for_each


class CrowdTests(SynchronousTestCase):
    """Ten pieces in pages of three, worked on by hand."""

    def setUp(self) -> None:
        """Nothing has begun."""
        self.under_way: dict[int, Deferred[None]] = {}
        self.begun: list[int] = []

    async def pages(self) -> AsyncIterator[Sequence[int]]:
        """One of them empty."""
        for page in ((0, 1, 2), (), (3, 4, 5), (6, 7, 8), (9,)):
            yield page

    async def work(self, piece: int) -> None:
        """Until somebody says that it is done."""
        self.begun.append(piece)
        self.under_way[piece] = Deferred()
        try:
            await self.under_way[piece]
        finally:
            self.under_way.pop(piece, None)

    def start(self, most: int) -> Deferred[None]:
        """All of it."""
        return Deferred.fromCoroutine(for_each(self.pages(), self.work, most))

    def test_bounded(self) -> None:
        """Never more than so many at a time; each once."""
        done = self.start(4)
        while self.under_way:
            self.assertLessEqual(len(self.under_way), 4)
            self.under_way[min(self.under_way)].callback(None)
        self.successResultOf(done)
        self.assertEqual(self.begun, list(range(10)))

    def test_goes_on_over_pages(self) -> None:
        """Nobody waits for the last piece of a page."""
        done = self.start(4)
        self.assertEqual(self.begun, [0, 1, 2, 3])
        done.addErrback(lambda _: None)
        done.cancel()

    def test_more_hands_than_work(self) -> None:
        """Do no harm."""
        done = self.start(50)
        for piece in range(10):
            self.under_way[piece].callback(None)
        self.successResultOf(done)

    def test_a_failure(self) -> None:
        """Ends everything, and is told."""
        done = self.start(4)
        self.under_way[2].errback(ValueError("two"))
        self.failureResultOf(done, ValueError)
        self.assertEqual((self.under_way, self.begun), ({}, [0, 1, 2, 3]))

    def test_cancelling(self) -> None:
        """Ends everything."""
        done = self.start(4)
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual(self.under_way, {})
