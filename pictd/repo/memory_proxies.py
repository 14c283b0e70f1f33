"""The memory repo's remote URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.interfaces.content import IProxies
from pictd.model.alias import Alias, DeleteToken
from pictd.repo.memory_tables import Tables


@implementer(IProxies)
class MemoryProxies:
    """See ``IProxies``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, url: str) -> Alias | None:
        """See ``IProxies``."""
        stored = self._tables.proxies.get(url)
        return None if stored is None else stored.alias

    async def touch(self, accesses: Mapping[str, int]) -> None:
        """See ``IProxies``."""
        for url in accesses.keys() & self._tables.proxies.keys():
            stored = self._tables.proxies[url]
            stored.accessed = max(stored.accessed, accesses[url])

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Alias, DeleteToken]]:
        """See ``IProxies``."""
        last = self._last_accesses()
        old = sorted((each for each in last if last[each] < before), key=lambda each: last[each])
        return [(alias, self._tables.aliases[alias][0]) for alias in old[:limit]]

    async def remove_outdated(self, alias: Alias, before: int) -> bool:
        """See ``IProxies``."""
        if self._last_accesses().get(alias, before) >= before:
            return False
        return self._tables.remove_named(alias)

    def _last_accesses(self) -> dict[Alias, int]:
        """By alias, of whichever of its URLs."""
        last: dict[Alias, int] = {}
        for stored in self._tables.proxies.values():
            last[stored.alias] = max(stored.accessed, last.get(stored.alias, stored.accessed))
        return last
