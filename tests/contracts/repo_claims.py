"""What every repo promises about claims."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from zope.interface.verify import verifyObject

from pictd.interfaces.queues import IClaims
from pictd.model.claims import VOID_AFTER, Claim
from pictd.model.times import SECOND
from tests.contracts.repo import RepoContract

NOW = 1_800_000_000 * SECOND
KEY, OTHER = "a key", "another key"
LONG = "é" * 1000
"""As long as keys get."""


class ClaimsContract(RepoContract):
    """``IClaims``."""

    async def taken(self, key: str = KEY, now: int = NOW) -> Claim:
        """A claim that nobody has."""
        claim = await self.repo.claims.take(key, now)
        assert claim is not None
        return claim

    async def test_provides_its_interface(self) -> None:
        """It has every method of the contract."""
        verifyObject(IClaims, self.repo.claims)

    async def test_is_taken_once(self) -> None:
        """Others are turned away while its holder is heard of; each key is a claim of its own."""
        await self.taken()
        self.assertIsNone(await self.repo.claims.take(KEY, NOW))
        self.assertIsNone(await self.repo.claims.take(KEY, NOW + VOID_AFTER - SECOND))
        await self.taken(OTHER)
        await self.taken(LONG)

    async def test_released(self) -> None:
        """It may be taken again at once."""
        await self.repo.claims.release(await self.taken())
        await self.taken()

    async def test_of_a_dead_holder(self) -> None:
        """It is taken over."""
        await self.taken()
        await self.taken(now=NOW + VOID_AFTER)

    async def test_of_a_clock_that_went_wrong(self) -> None:
        """What is far ahead of all clocks does not last until they get there."""
        await self.taken(now=NOW + 1000 * VOID_AFTER)
        await self.taken(now=NOW)

    async def test_renewed(self) -> None:
        """It lasts, from the moment of its renewal."""
        claim = await self.repo.claims.renew(await self.taken(), NOW + 20 * SECOND)
        assert claim is not None
        self.assertIsNone(await self.repo.claims.take(KEY, NOW + VOID_AFTER + SECOND))
        await self.repo.claims.release(claim)
        await self.taken(now=NOW + VOID_AFTER + SECOND)

    async def test_lost(self) -> None:
        """Whoever was taken for dead can neither renew nor release what is another's now."""
        lost = await self.taken()
        await self.taken(now=NOW + VOID_AFTER)
        self.assertIsNone(await self.repo.claims.renew(lost, NOW + VOID_AFTER))
        await self.repo.claims.release(lost)
        self.assertIsNone(await self.repo.claims.take(KEY, NOW + VOID_AFTER))

    async def test_gone(self) -> None:
        """What is released can't be renewed, nor released again."""
        claim = await self.taken()
        await self.repo.claims.release(claim)
        self.assertIsNone(await self.repo.claims.renew(claim, NOW + SECOND))
        await self.repo.claims.release(claim)
        await self.taken()

    async def test_a_release_wakes(self) -> None:
        """Those who wait for this key, and only a release that let go of something."""
        claim = await self.taken()
        stale = Claim(KEY, NOW - SECOND)
        waiting, other = self.waiting(KEY), self.waiting(OTHER)
        await self.repo.claims.release(stale)
        self.assertFalse(waiting.called)
        await self.repo.claims.release(claim)
        await waiting
        self.assertFalse(other.called)
        other.cancel()
        await self.assertFailure(other, CancelledError)

    def waiting(self, key: str) -> Deferred[None]:
        """Somebody who waits for its end."""
        return Deferred.fromCoroutine(self.repo.claims.wait(key))
