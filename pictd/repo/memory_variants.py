"""The memory repo's derived files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.interfaces.content import IVariants
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import Variant
from pictd.repo.memory_tables import StoredVariant, Tables


@implementer(IVariants)
class MemoryVariants:
    """See ``IVariants``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, hash: Hash, key: str) -> Variant | None:
        """See ``IVariants``."""
        stored = self._tables.variants.get((hash, key))
        if stored is None:
            return None
        return Variant(stored.identifier, self._tables.details.get(stored.identifier))

    async def add(
        self, hash: Hash, key: str, identifier: str, details: Details, accessed: int
    ) -> Variant | None:
        """See ``IVariants``."""
        if (hash, key) not in self._tables.variants:
            if hash not in self._tables.hashes:
                return None
            self._tables.variants[hash, key] = StoredVariant(identifier, accessed)
            self._tables.details.setdefault(identifier, details)
        return await self.find(hash, key)

    async def of_hash(self, hash: Hash) -> Mapping[str, str]:
        """See ``IVariants``."""
        return self._tables.variants_of(hash)

    async def remove(self, hash: Hash, keys: Sequence[str] | None = None) -> int:
        """See ``IVariants``."""
        present = self._tables.variants_of(hash)
        return self._remove([(hash, key) for key in present if keys is None or key in keys])

    async def touch(self, accesses: Mapping[tuple[Hash, str], int]) -> None:
        """See ``IVariants``."""
        for place, moment in accesses.items():
            if place in self._tables.variants:
                stored = self._tables.variants[place]
                stored.accessed = max(stored.accessed, moment)

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Hash, str]]:
        """See ``IVariants``."""
        places = [each for each, it in self._tables.variants.items() if it.accessed < before]
        return sorted(places, key=lambda place: self._tables.variants[place].accessed)[:limit]

    async def remove_outdated(self, places: Sequence[tuple[Hash, str]], before: int) -> int:
        """See ``IVariants``."""
        found = [(place, self._tables.variants.get(place)) for place in places]
        return self._remove([place for place, it in found if it and it.accessed < before])

    def _remove(self, places: Sequence[tuple[Hash, str]]) -> int:
        for place in places:
            self._tables.push_cleanup(self._tables.variants.pop(place).identifier)
        return len(places)
