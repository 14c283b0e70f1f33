"""Claims among nodes, those of pict-rs included (spec storage §2.3, §15.3).

Pict-rs's table names no holder: the moment of the last heartbeat tells one claim from another. A
row is deleted when its claim is released, and the database then tells all who listen.
"""

from __future__ import annotations

from zope.interface import implementer

from pictd.interfaces.queues import IClaims
from pictd.model.claims import VOID_AFTER, Claim
from pictd.model.times import SECOND
from pictd.repo.postgres.sessions import Sessions, Step
from pictd.repo.postgres.values import stamp
from pictd.repo.wakeups import Wakeups

_FORGOTTEN_AFTER = 120 * SECOND
"""As with pict-rs. Nobody asked for what these rows were for."""
_TAKE = """
    WITH forgotten AS (
        DELETE FROM keyed_notifications WHERE key IN (
            SELECT key FROM keyed_notifications WHERE heartbeat <= %s AND key <> %s
            LIMIT 100 FOR UPDATE SKIP LOCKED
        )
    )
    INSERT INTO keyed_notifications AS k (key, heartbeat) VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET heartbeat = excluded.heartbeat
    WHERE k.heartbeat <= %s OR k.heartbeat >= %s
"""
_HELD = "WHERE key = %s AND heartbeat = %s"
_RENEW = f"UPDATE keyed_notifications SET heartbeat = %s {_HELD}"
_RELEASE = f"DELETE FROM keyed_notifications {_HELD}"


@implementer(IClaims)
class PostgresClaims:
    """Table ``keyed_notifications``."""

    def __init__(self, sessions: Sessions, wakeups: Wakeups) -> None:
        self._sessions = sessions
        self._wakeups = wakeups

    async def take(self, key: str, now: int) -> Claim | None:
        """See ``IClaims``."""
        old, dead, ahead = now - _FORGOTTEN_AFTER, now - VOID_AFTER, now + VOID_AFTER
        taken = await self._sessions.execute(
            _TAKE, stamp(old), key, key, stamp(now), stamp(dead), stamp(ahead)
        )
        return Claim(key, now) if taken else None

    async def renew(self, claim: Claim, now: int) -> Claim | None:
        """See ``IClaims``."""
        held = (claim.key, stamp(claim.heard))
        renewed = await self._sessions.execute(_RENEW, stamp(now), *held)
        return Claim(claim.key, now) if renewed else None

    async def release(self, claim: Claim) -> None:
        """See ``IClaims``."""
        await self._sessions.run(lambda step: _release(step, claim))

    async def wait(self, key: str) -> None:
        """See ``IClaims``."""
        await self._wakeups.wait(key)


async def _release(step: Step, claim: Claim) -> None:
    if await step.execute(_RELEASE, claim.key, stamp(claim.heard)):
        step.news.add(claim.key)
