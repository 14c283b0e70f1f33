"""Removing content: the facts go, and jobs for the bytes come, in one step (contract C3).

Whoever names content, or removes it, first locks its row: so a name that is given while the last
one goes either keeps the content, or finds it gone.
"""

from __future__ import annotations

from pictd.repo.postgres.jobs import push_cleanups
from pictd.repo.postgres.sessions import Step

LOCK = "SELECT 1 FROM hashes WHERE hash = %s FOR UPDATE"
"""Keeps others from naming the content. Takes a hash."""
_PROXIES = "DELETE FROM proxies WHERE alias IN (SELECT alias FROM aliases WHERE hash = %s)"
_VARIANTS = "DELETE FROM variants WHERE hash = %s RETURNING identifier"
_HASH = "DELETE FROM hashes WHERE hash = %s RETURNING identifier, motion_identifier"


async def remove_aliases(step: Step, key: str) -> None:
    """Remove every alias of locked content, and the proxy relations to them."""
    await step.execute(_PROXIES, key)
    await step.execute("DELETE FROM aliases WHERE hash = %s", key)


async def remove_alias(step: Step, alias: str) -> bool:
    """See ``IAliases.remove``."""
    found = await step.rows("SELECT hash FROM aliases WHERE alias = %s", alias)
    if not found:
        return False
    ((key,),) = found
    await step.rows(LOCK, key)
    if not await step.rows("SELECT 1 FROM aliases WHERE alias = %s AND hash = %s", alias, key):
        return False  # somebody else removed it before the lock was had
    await step.execute("DELETE FROM proxies WHERE alias = %s", alias)
    await step.execute("DELETE FROM aliases WHERE alias = %s", alias)
    await remove_unnamed(step, key)
    return True


async def remove_unnamed(step: Step, key: str) -> bool:
    """Remove content that has no alias. False: it has one."""
    if not await step.rows(LOCK, key):
        return True  # it is gone, and what comes now under the same key is new
    if await step.rows("SELECT 1 FROM aliases WHERE hash = %s LIMIT 1", key):
        return False
    rows = [*await step.rows(_VARIANTS, key), *await step.rows(_HASH, key)]
    await push_cleanups(step, [each for row in rows for each in row if each is not None])
    return True
