"""The memory repo's facets of aliases, originals and variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces import IAliases, IHashes, IVariants
from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Listed, Original, Page, Published, Variant
from pictd.repo.memory_tables import StoredVariant, Tables


@implementer(IAliases)
class MemoryAliases:
    """See ``IAliases``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def find(self, alias: Alias) -> Original | None:
        """See ``IAliases``."""
        if alias not in self._tables.aliases:
            return None
        token, hash = self._tables.aliases[alias]
        record = self._tables.hashes[hash]
        return Original(alias, token, record, self._tables.details.get(record.identifier))

    async def of_hash(self, hash: Hash) -> Sequence[Alias]:
        """See ``IAliases``."""
        return self._tables.aliases_of(hash)

    async def add(self, alias: Alias, token: DeleteToken, hash: Hash) -> bool:
        """See ``IAliases``."""
        if alias in self._tables.aliases:
            raise AliasAlreadyExists
        if hash not in self._tables.hashes:
            return False
        self._tables.aliases[alias] = (token, hash)
        return True

    async def remove(self, alias: Alias) -> bool:
        """See ``IAliases``."""
        if alias not in self._tables.aliases:
            return False
        _, hash = self._tables.aliases[alias]
        self._tables.remove_alias(alias)
        self._tables.remove_unnamed(hash)
        return True

    async def proxied(self, url: str) -> Alias | None:
        """See ``IAliases``."""
        return self._tables.proxies.get(url)


@implementer(IHashes)
class MemoryHashes:
    """See ``IHashes``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def publish(
        self, record: HashRecord, details: Details, alias: Alias, token: DeleteToken
    ) -> Published:
        """See ``IHashes``."""
        if alias in self._tables.aliases:
            raise AliasAlreadyExists
        self._tables.aliases[alias] = (token, record.hash)
        known = self._tables.hashes.get(record.hash)
        if known is not None:
            return Published(known, self._tables.details.get(known.identifier), created=False)
        self._tables.hashes[record.hash] = record
        self._tables.details.setdefault(record.identifier, details)
        return Published(record, details, created=True)

    async def find(self, hash: Hash) -> HashRecord | None:
        """See ``IHashes``."""
        return self._tables.hashes.get(hash)

    async def heal(self, hash: Hash, lost: str, identifier: str, details: Details) -> bool:
        """See ``IHashes``."""
        record = self._tables.hashes.get(hash)
        if record is None or record.identifier != lost:
            return False
        self._tables.hashes[hash] = attrs.evolve(record, identifier=identifier)
        earlier = self._tables.details.pop(lost, details)
        moved = attrs.evolve(details, created_at=earlier.created_at)
        self._tables.details.setdefault(identifier, moved)
        return True

    async def set_blurhash(self, hash: Hash, blurhash: str) -> None:
        """See ``IHashes``."""
        if hash in self._tables.hashes:
            record = self._tables.hashes[hash]
            self._tables.hashes[hash] = attrs.evolve(record, blurhash=blurhash)

    async def purge(self, hash: Hash) -> Sequence[Alias]:
        """See ``IHashes``."""
        named = self._tables.aliases_of(hash)
        for alias in named:
            self._tables.remove_alias(alias)
        self._tables.remove_unnamed(hash)
        return named

    async def collect(self, hash: Hash) -> bool:
        """See ``IHashes``."""
        return self._tables.remove_unnamed(hash)

    async def page(self, start: Hash | None, limit: int) -> Page:
        """See ``IHashes``."""
        order = self._newest_first()
        at = next((i for i, record in enumerate(order) if record.hash == start), 0)
        return self._page(order, at, limit)

    async def page_before(self, moment: int, limit: int) -> Page:
        """See ``IHashes``."""
        order = self._newest_first()
        at = sum(record.created_at >= moment for record in order)
        return self._page(order, at, limit)

    async def count(self) -> int:
        """See ``IHashes``."""
        return len(self._tables.hashes)

    def _newest_first(self) -> list[HashRecord]:
        return sorted(
            self._tables.hashes.values(),
            key=lambda record: (record.created_at, record.hash.to_bytes()),
            reverse=True,
        )

    def _page(self, order: Sequence[HashRecord], at: int, limit: int) -> Page:
        end = at + limit
        previous = order[max(0, at - limit)] if at and limit else None
        return Page(
            [self._listed(record) for record in order[at:end]],
            order[end].hash if end < len(order) else None,
            previous.hash if previous else None,
        )

    def _listed(self, record: HashRecord) -> Listed:
        details = self._tables.details.get(record.identifier)
        return Listed(record, self._tables.aliases_of(record.hash), details)


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
        gone = [key for key in present if keys is None or key in keys]
        for key in gone:
            self._tables.push_cleanup(present[key])
            del self._tables.variants[hash, key]
        return len(gone)

    async def touch(self, accesses: Mapping[tuple[Hash, str], int]) -> None:
        """See ``IVariants``. A moment earlier than the recorded one changes nothing."""
        for place, moment in accesses.items():
            if place in self._tables.variants:
                stored = self._tables.variants[place]
                stored.accessed = max(stored.accessed, moment)
