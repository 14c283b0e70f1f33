"""The memory repo's facets of aliases and originals."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces.content import IAliases, IHashes
from pictd.model.alias import Alias
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Listed, Naming, Original, Page, Published
from pictd.repo.memory_naming import check_naming, give_name
from pictd.repo.memory_tables import Tables


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

    async def add(self, naming: Naming, hash: Hash) -> bool:
        """See ``IAliases``."""
        if hash not in self._tables.hashes:
            if naming.alias in self._tables.aliases:
                raise AliasAlreadyExists
            return False
        check_naming(self._tables, naming)
        give_name(self._tables, naming, hash)
        return True

    async def remove(self, alias: Alias) -> bool:
        """See ``IAliases``."""
        return self._tables.remove_named(alias)


@implementer(IHashes)
class MemoryHashes:
    """See ``IHashes``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def publish(self, record: HashRecord, details: Details, naming: Naming) -> Published:
        """See ``IHashes``."""
        check_naming(self._tables, naming)
        known = self._tables.hashes.setdefault(record.hash, record)
        if known is record:
            self._tables.details.setdefault(record.identifier, details)
        give_name(self._tables, naming, record.hash)
        found = self._tables.details.get(known.identifier)
        return Published(known, found, created=known is record)

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

    async def set_motion(
        self, hash: Hash, lost: str | None, identifier: str, details: Details
    ) -> str | None:
        """See ``IHashes``."""
        record = self._tables.hashes.get(hash)
        if record is None or record.motion != lost:
            return None if record is None else record.motion
        self._tables.hashes[hash] = attrs.evolve(record, motion=identifier)
        self._tables.details.setdefault(identifier, details)
        if lost is not None:
            self._tables.details.pop(lost, None)
        return identifier

    async def forget_motion(self, hash: Hash, lost: str) -> bool:
        """See ``IHashes``."""
        record = self._tables.hashes.get(hash)
        if record is None or record.motion != lost:
            return False
        self._tables.hashes[hash] = attrs.evolve(record, motion=None)
        self._tables.details.pop(lost, None)
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
