"""Remote URLs, and the aliases kept for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.errors import UrlAlreadyProxied
from pictd.interfaces.content import IProxies
from pictd.model.alias import Alias, DeleteToken
from pictd.repo.sqlite.reader import Reader, fetch
from pictd.repo.sqlite.removal import remove_alias
from pictd.repo.sqlite.writer import Step, Writer

_RELATE = "INSERT INTO proxies (url, alias, accessed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_TOUCH = "UPDATE proxies SET accessed = max(accessed, ?) WHERE url = ?"
OUTDATED = """
    SELECT p.alias, a.token FROM proxies AS p JOIN aliases AS a ON a.alias = p.alias
    WHERE p.accessed < ? AND NOT EXISTS (
        SELECT 1 FROM proxies AS later
        WHERE later.alias = p.alias AND (later.accessed, later.url) > (p.accessed, p.url)
    )
    ORDER BY p.accessed, p.url LIMIT ?
"""
"""Of the URLs of an alias, the one accessed last decides. Takes a moment and a limit."""
_LAST_ACCESS = "SELECT max(accessed) FROM proxies WHERE alias = ?"


@implementer(IProxies)
class SqliteProxies:
    """Table ``proxies``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def find(self, url: str) -> Alias | None:
        """See ``IProxies``."""
        found = self._reader.rows("SELECT alias FROM proxies WHERE url = ?", url)
        return Alias.parse(found[0][0]) if found else None

    async def touch(self, accesses: Mapping[str, int]) -> None:
        """See ``IProxies``."""
        if accesses:
            updates = [(moment, url) for url, moment in accesses.items()]
            await self._writer.run(lambda step: step.connection.executemany(_TOUCH, updates))

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Alias, DeleteToken]]:
        """See ``IProxies``."""
        found = await self._reader.in_thread(lambda db: fetch(db, OUTDATED, before, limit))
        return [(Alias.parse(alias), DeleteToken(token)) for alias, token in found]

    async def remove_outdated(self, alias: Alias, before: int) -> bool:
        """See ``IProxies``."""
        return await self._writer.run(lambda step: _remove_outdated(step, str(alias), before))


def relate(step: Step, url: str, alias: Alias, accessed: int) -> None:
    """Keep an alias for a URL, as part of a step.

    :raise UrlAlreadyProxied: it has one.
    """
    if not step.execute(_RELATE, url, str(alias), accessed):
        raise UrlAlreadyProxied


def _remove_outdated(step: Step, alias: str, before: int) -> bool:
    ((accessed,),) = step.rows(_LAST_ACCESS, alias)
    if accessed is None or accessed >= before:
        return False
    return remove_alias(step, alias)
