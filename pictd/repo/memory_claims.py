"""The memory repo's claims."""

from __future__ import annotations

from zope.interface import implementer

from pictd.interfaces.queues import IClaims
from pictd.model.claims import Claim, is_void
from pictd.repo.memory_tables import Tables


@implementer(IClaims)
class MemoryClaims:
    """See ``IClaims``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def take(self, key: str, now: int) -> Claim | None:
        """See ``IClaims``."""
        heard = self._tables.claims.get(key)
        if heard is not None and not is_void(heard, now):
            return None
        self._tables.claims[key] = now
        return Claim(key, now)

    async def renew(self, claim: Claim, now: int) -> Claim | None:
        """See ``IClaims``."""
        if self._tables.claims.get(claim.key) != claim.heard:
            return None
        self._tables.claims[claim.key] = now
        return Claim(claim.key, now)

    async def release(self, claim: Claim) -> None:
        """See ``IClaims``."""
        if self._tables.claims.get(claim.key) == claim.heard:
            del self._tables.claims[claim.key]
            self._tables.wakeups.wake([claim.key])

    async def wait(self, key: str) -> None:
        """See ``IClaims``."""
        await self._tables.wakeups.wait(key)
