"""Claims among the processes of one machine."""

from __future__ import annotations

from zope.interface import implementer

from pictd.interfaces.queues import IClaims
from pictd.model.claims import VOID_AFTER, Claim
from pictd.repo.sqlite.writer import Step, Writer
from pictd.repo.wakeups import Wakeups

_FORGET = "DELETE FROM claims WHERE heard <= ? OR heard >= ?"
_TAKE = "INSERT INTO claims (key, heard) VALUES (?, ?) ON CONFLICT DO NOTHING"
_RENEW = "UPDATE claims SET heard = ? WHERE key = ? AND heard = ?"
_RELEASE = "DELETE FROM claims WHERE key = ? AND heard = ?"


@implementer(IClaims)
class SqliteClaims:
    """Table ``claims``. Whoever takes one forgets all that are void."""

    def __init__(self, writer: Writer, wakeups: Wakeups) -> None:
        self._writer = writer
        self._wakeups = wakeups

    async def take(self, key: str, now: int) -> Claim | None:
        """See ``IClaims``."""
        return await self._writer.run(lambda step: _take(step, Claim(key, now)))

    async def renew(self, claim: Claim, now: int) -> Claim | None:
        """See ``IClaims``."""
        renewed = await self._writer.run(
            lambda step: step.execute(_RENEW, now, claim.key, claim.heard)
        )
        return Claim(claim.key, now) if renewed else None

    async def release(self, claim: Claim) -> None:
        """See ``IClaims``."""
        await self._writer.run(lambda step: _release(step, claim))

    async def wait(self, key: str) -> None:
        """See ``IClaims``."""
        await self._wakeups.wait(key)


def _take(step: Step, claim: Claim) -> Claim | None:
    step.execute(_FORGET, claim.heard - VOID_AFTER, claim.heard + VOID_AFTER)
    return claim if step.execute(_TAKE, claim.key, claim.heard) else None


def _release(step: Step, claim: Claim) -> None:
    if step.execute(_RELEASE, claim.key, claim.heard):
        step.news.add(claim.key)
