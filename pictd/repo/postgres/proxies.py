"""Remote URLs, and the aliases kept for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.errors import UrlAlreadyProxied
from pictd.interfaces.content import IProxies
from pictd.model.alias import Alias, DeleteToken
from pictd.repo.postgres.removal import remove_alias
from pictd.repo.postgres.sessions import Sessions, Step
from pictd.repo.postgres.values import stamp, stamp_up

_RELATE = """
    INSERT INTO proxies (url, alias, accessed) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_TOUCH = """
    UPDATE proxies AS p SET accessed = t.accessed
    FROM unnest(%s::text[], %s::timestamp[]) AS t (url, accessed)
    WHERE p.url = t.url AND p.accessed < t.accessed
"""
OUTDATED = """
    SELECT p.alias, a.token FROM proxies AS p JOIN aliases AS a ON a.alias = p.alias
    WHERE p.accessed < %s AND NOT EXISTS (
        SELECT 1 FROM proxies AS later
        WHERE later.alias = p.alias AND (later.accessed, later.url) > (p.accessed, p.url)
    )
    ORDER BY p.accessed, p.url LIMIT %s
"""
"""Of the URLs of an alias, the one accessed last decides. Takes a moment and a limit."""
_OUTDATED_STILL = "SELECT accessed < %s FROM proxies WHERE alias = %s FOR UPDATE"


@implementer(IProxies)
class PostgresProxies:
    """Table ``proxies``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, url: str) -> Alias | None:
        """See ``IProxies``."""
        found = await self._sessions.rows("SELECT alias FROM proxies WHERE url = %s", url)
        return Alias.parse(found[0][0]) if found else None

    async def touch(self, accesses: Mapping[str, int]) -> None:
        """See ``IProxies``."""
        if accesses:
            urls, moments = list(accesses), [stamp(each) for each in accesses.values()]
            await self._sessions.execute(_TOUCH, urls, moments)

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Alias, DeleteToken]]:
        """See ``IProxies``."""
        found = await self._sessions.rows(OUTDATED, stamp_up(before), limit)
        return [(Alias.parse(alias), DeleteToken(token)) for alias, token in found]

    async def remove_outdated(self, alias: Alias, before: int) -> bool:
        """See ``IProxies``."""
        return await self._sessions.run(lambda step: _remove_outdated(step, str(alias), before))


async def relate(step: Step, url: str, alias: Alias, accessed: int) -> None:
    """Keep an alias for a URL, as part of a step.

    :raise UrlAlreadyProxied: it has one.
    """
    if not await step.execute(_RELATE, url, str(alias), stamp(accessed)):
        raise UrlAlreadyProxied


async def _remove_outdated(step: Step, alias: str, before: int) -> bool:
    found = await step.rows(_OUTDATED_STILL, stamp_up(before), alias)
    if not found or not all(outdated for (outdated,) in found):
        return False
    return await remove_alias(step, alias)
