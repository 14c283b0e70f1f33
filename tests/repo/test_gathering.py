"""Look-ups that gather."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import RepoUnavailable
from pictd.repo.postgres.gathering import MOST_KEYS, MOST_WAITING, SLOW, Gathering


class GatheringTests(SynchronousTestCase):
    """Over a database that answers when it is told to."""

    def setUp(self) -> None:
        """Nothing was asked."""
        self.clock = Clock()
        self.queries: list[tuple[Sequence[int], Deferred[Mapping[int, str]]]] = []
        self.gathering = Gathering(self.ask, self.clock)

    async def ask(self, keys: Sequence[int]) -> Mapping[int, str]:
        """One query."""
        answer: Deferred[Mapping[int, str]] = Deferred()
        self.queries.append((keys, answer))
        return await answer

    def asked(self) -> list[Sequence[int]]:
        """The keys of each query so far."""
        return [keys for keys, _ in self.queries]

    def test_at_once(self) -> None:
        """A look-up waits for nobody where none is under way."""
        found = self.gathering.find(1)
        self.assertEqual(self.asked(), [[1]])
        self.queries[0][1].callback({1: "one"})
        self.assertEqual(self.successResultOf(found), "one")

    def test_gathering(self) -> None:
        """Meanwhile others gather, and go together; each gets his own, or nothing."""
        self.gathering.find(1)
        found = [self.gathering.find(key) for key in (2, 3, 2)]
        self.assertEqual(self.asked(), [[1]])
        self.queries[0][1].callback({})
        self.assertEqual(self.asked(), [[1], [2, 3]])
        self.queries[1][1].callback({2: "two"})
        self.assertEqual([self.successResultOf(each) for each in found], ["two", None, "two"])

    def test_asked_later(self) -> None:
        """Who asks while the same key is looked up gets a look-up of his own: what changed since
        the first one was sent must be seen."""
        self.gathering.find(1)
        found = self.gathering.find(1)
        self.queries[0][1].callback({1: "old"})
        self.assertNoResult(found)
        self.queries[1][1].callback({1: "new"})
        self.assertEqual(self.successResultOf(found), "new")

    def test_failure(self) -> None:
        """Fails those who asked, and nobody else."""
        first, second = self.gathering.find(1), self.gathering.find(2)
        self.queries[0][1].errback(RepoUnavailable("away"))
        self.failureResultOf(first, RepoUnavailable)
        self.queries[1][1].callback({2: "two"})
        self.assertEqual(self.successResultOf(second), "two")

    def test_leaving(self) -> None:
        """What nobody waits for any more is not asked for."""
        self.gathering.find(1)
        gone, stays = self.gathering.find(2), self.gathering.find(3)
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        self.queries[0][1].callback({})
        self.assertEqual(self.asked(), [[1], [3]])
        stays.cancel()
        self.queries[1][1].callback({3: "three"})
        self.failureResultOf(stays, CancelledError)

    def test_a_slow_query(self) -> None:
        """Does not hold up the next one for long."""
        slow = self.gathering.find(1)
        found = self.gathering.find(2)
        self.clock.advance(SLOW)
        self.assertEqual(self.asked(), [[1], [2]])
        self.queries[1][1].callback({2: "two"})
        self.assertEqual(self.successResultOf(found), "two")
        self.queries[0][1].callback({1: "one"})
        self.assertEqual(self.successResultOf(slow), "one")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_large_crowds(self) -> None:
        """A query has an end, and so has the crowd."""
        found = [self.gathering.find(key) for key in range(MOST_WAITING + 1)]
        with self.assertRaises(RepoUnavailable):
            self.gathering.find(-1)
        self.queries[0][1].callback({})
        self.assertEqual(len(self.queries[1][0]), MOST_KEYS)
        for each in found[1:]:
            each.cancel()
            self.failureResultOf(each, CancelledError)
