"""Several processes, and work that one of them does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.claiming import PATIENCE, RELEASE_AGAIN, RENEW_EVERY, Alone, AmongNodes
from pictd.errors import MediaFailed, Overloaded, RepoUnavailable
from pictd.interfaces.queues import IClaims
from pictd.model.claims import VOID_AFTER, Claim
from pictd.model.times import SECOND, from_seconds
from pictd.repo.memory import MemoryRepo

KEY = "key"
LIFE = VOID_AFTER // SECOND


@attrs.define
class Work:
    """Something that ends when the test says so, and is then there for all."""

    done: list[str]
    begun: list[Deferred[None]] = attrs.field(factory=list)

    async def find(self) -> str | None:
        """What was made."""
        return self.done[0] if self.done else None

    async def make(self) -> str:
        """Take some time."""
        gate: Deferred[None] = Deferred()
        self.begun.append(gate)
        await gate
        self.done.append("made")
        return "made"


@attrs.define
class Shaky:
    """Claims whose calls may fail, or take long.

    :ivar before: happens before every renewal and release.
    :ivar silent: nobody is woken, as by another process.
    :ivar refusing: nothing can be taken.
    """

    _inner: IClaims
    before: Callable[[], Awaitable[None]] | None = None
    silent: bool = False
    refusing: bool = False

    async def take(self, key: str, now: int) -> Claim | None:
        """See ``IClaims``."""
        if self.refusing:
            raise RepoUnavailable
        return await self._inner.take(key, now)

    async def renew(self, claim: Claim, now: int) -> Claim | None:
        """See ``IClaims``."""
        if self.before is not None:
            await self.before()
        return await self._inner.renew(claim, now)

    async def release(self, claim: Claim) -> None:
        """See ``IClaims``."""
        if self.before is not None:
            await self.before()
        await self._inner.release(claim)

    async def wait(self, key: str) -> None:
        """See ``IClaims``."""
        await (Deferred[None]() if self.silent else self._inner.wait(key))


async def away() -> None:
    """As a database that can't be reached."""
    raise RepoUnavailable


class ClaimingTestCase(SynchronousTestCase):
    """Two nodes with one repo and one clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.claims: IClaims = MemoryRepo().claims
        self.shaky = Shaky(self.claims)
        self.one, self.other = self.node(), self.node()
        self.work = Work([])

    def node(self) -> AmongNodes:
        """One more."""
        return AmongNodes(self.shaky, self.clock)  # type: ignore[arg-type]

    def begin(self, node: AmongNodes) -> Deferred[str]:
        """Somebody there wants it."""
        return Deferred.fromCoroutine(node.once(KEY, self.work.find, self.work.make))

    def result(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What a coroutine returns, which must have ended."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def taken(self) -> Claim | None:
        """Somebody else tries for the claim."""
        claim: Claim | None = self.result(self.claims.take(KEY, from_seconds(self.clock.seconds())))
        return claim

    def pass_time(self, seconds: float) -> None:
        """A little at a time."""
        for _ in range(int(seconds * 2)):
            self.clock.advance(0.5)


class OnceTests(ClaimingTestCase):
    """``once``."""

    def test_one_makes_it(self) -> None:
        """The other gets the same at once when that is done."""
        wanted = [self.begin(self.one), self.begin(self.other)]
        self.pass_time(20)
        (gate,) = self.work.begun
        gate.callback(None)
        self.assertEqual([self.successResultOf(each) for each in wanted], ["made"] * 2)
        self.assertEqual(self.work.done, ["made"])
        self.assertIsNotNone(self.taken())

    def test_what_was_made_meanwhile(self) -> None:
        """Between the look of a caller and his claim: it is not made again."""
        self.work.done.append("before")
        self.assertEqual(self.successResultOf(self.begin(self.one)), "before")
        self.assertIsNotNone(self.taken())

    def test_the_other_fails(self) -> None:
        """That is his; whoever waits tries for himself."""
        wanted = [self.begin(self.one), self.begin(self.other)]
        self.work.begun[0].errback(MediaFailed())
        self.failureResultOf(wanted[0], MediaFailed)
        self.work.begun[1].callback(None)
        self.assertEqual(self.successResultOf(wanted[1]), "made")

    def test_the_other_dies(self) -> None:
        """His claim is void in a while, and whoever waits takes over."""
        self.taken()
        wanted = self.begin(self.one)
        self.pass_time(LIFE - 1)
        self.assertEqual(self.work.begun, [])
        self.pass_time(2)
        self.work.begun[0].callback(None)
        self.assertEqual(self.successResultOf(wanted), "made")

    def test_long_work(self) -> None:
        """Is nobody else's, however long it takes; others give up in the end."""
        self.begin(self.one)
        wanted = self.begin(self.other)
        self.pass_time(PATIENCE - 1)
        self.assertNoResult(wanted)
        self.pass_time(2)
        self.failureResultOf(wanted, Overloaded)
        self.assertEqual(len(self.work.begun), 1)

    def test_news_that_do_not_come(self) -> None:
        """As from another process: it is found by looking, about each second."""
        self.shaky.silent = True
        wanted = [self.begin(self.one), self.begin(self.other)]
        self.pass_time(20)
        self.work.begun[0].callback(None)
        self.assertNoResult(wanted[1])
        self.pass_time(1)
        self.assertEqual(self.successResultOf(wanted[1]), "made")

    def test_other_keys(self) -> None:
        """Do not wait for each other."""
        self.begin(self.one)
        other = self.other.once("another key", self.work.find, self.work.make)
        done = Deferred.fromCoroutine(other)
        self.work.begun[1].callback(None)
        self.assertEqual(self.successResultOf(done), "made")

    def test_a_node_that_stops(self) -> None:
        """Nobody there waits for others, neither now nor later; what it is at goes on."""
        making, waiting = self.begin(self.one), self.begin(self.other)
        for node in (self.one, self.other):
            node.leave()
        self.failureResultOf(waiting, Overloaded)
        self.failureResultOf(self.begin(self.other), Overloaded)
        self.work.begun[0].callback(None)
        self.assertEqual(self.successResultOf(making), "made")
        self.assertIsNotNone(self.taken())

    def test_the_database_is_away_at_the_start(self) -> None:
        """Nothing is begun."""
        self.shaky.refusing = True
        self.failureResultOf(self.begin(self.one), RepoUnavailable)
        self.assertEqual(self.work.begun, [])


class HeldTests(ClaimingTestCase):
    """What becomes of a claim while its holder works."""

    def setUp(self) -> None:
        super().setUp()
        self.wanted = self.begin(self.one)

    def end(self) -> None:
        """The work is done."""
        self.work.begun[0].callback(None)

    def test_renewals_that_fail(self) -> None:
        """The work goes on, and its result counts; the claim is void in a while."""
        self.shaky.before = away
        self.pass_time(LIFE + 1)
        self.end()
        self.assertEqual(self.successResultOf(self.wanted), "made")
        self.assertIsNotNone(self.taken())

    def test_a_renewal_that_fails_once(self) -> None:
        """Costs nothing."""
        self.shaky.before = away
        self.pass_time(LIFE - 2)
        self.shaky.before = None
        self.pass_time(LIFE)
        self.assertIsNone(self.taken())

    def test_a_claim_that_is_lost(self) -> None:
        """The work goes on, and its end leaves the other's claim alone."""
        self.shaky.before = away
        self.pass_time(LIFE + 1)
        self.taken()
        self.shaky.before = None
        self.pass_time(RENEW_EVERY + 1)
        self.end()
        self.assertEqual(self.successResultOf(self.wanted), "made")
        self.assertIsNone(self.taken())

    def test_a_release_that_fails(self) -> None:
        """Costs the result nothing, and is done when the database is back."""
        self.shaky.before = away
        self.end()
        self.assertEqual(self.successResultOf(self.wanted), "made")
        self.pass_time(5)
        self.assertIsNone(self.taken())
        self.shaky.before = None
        self.pass_time(RELEASE_AGAIN)
        self.assertIsNotNone(self.taken())

    def test_a_release_that_goes_on_failing(self) -> None:
        """Is given up when the claim is void."""
        self.shaky.before = away
        self.end()
        self.pass_time(LIFE + RELEASE_AGAIN)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_end_comes_while_it_is_renewed(self) -> None:
        """What is released is the renewed claim."""
        gate: Deferred[None] = Deferred()

        async def slowly() -> None:
            await gate

        self.shaky.before = slowly
        self.clock.advance(RENEW_EVERY)
        self.shaky.before = None
        self.end()
        gate.callback(None)
        self.assertEqual(self.successResultOf(self.wanted), "made")
        self.assertIsNotNone(self.taken())

    def test_nothing_goes_on_afterwards(self) -> None:
        """No renewals, no looks."""
        self.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class UnlessClaimedTests(ClaimingTestCase):
    """``unless_claimed``."""

    def attempt(self, node: AmongNodes) -> Deferred[bool]:
        """Do it there."""

        async def work() -> None:
            await self.work.make()

        return Deferred.fromCoroutine(node.unless_claimed(KEY, work))

    def test_one_does_it(self) -> None:
        """The other is told so at once, and may do it later."""
        doing = self.attempt(self.one)
        self.assertFalse(self.successResultOf(self.attempt(self.other)))
        self.work.begun[0].callback(None)
        self.assertTrue(self.successResultOf(doing))
        self.attempt(self.other)
        self.assertEqual(len(self.work.begun), 2)

    def test_one_who_fails(self) -> None:
        """Is not at it any more."""
        doing = self.attempt(self.one)
        self.work.begun[0].errback(MediaFailed())
        self.failureResultOf(doing, MediaFailed)
        self.assertIsNotNone(self.taken())


class AloneTests(ClaimingTestCase):
    """A single process."""

    def test_nothing_is_claimed(self) -> None:
        """It is made, whoever has the claim."""
        self.taken()
        wanted = Deferred.fromCoroutine(Alone().once(KEY, self.work.find, self.work.make))
        self.work.begun[0].callback(None)
        self.assertEqual(self.successResultOf(wanted), "made")

    def test_what_is_there(self) -> None:
        """Is found."""
        self.work.done.append("before")
        found = self.result(Alone().once(KEY, self.work.find, self.work.make))
        self.assertEqual(found, "before")
