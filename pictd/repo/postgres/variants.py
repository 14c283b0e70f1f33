"""Derived files, by hash and variant key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from zope.interface import implementer

from pictd.interfaces.content import IVariants
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import Variant
from pictd.repo.postgres import rows
from pictd.repo.postgres.details import save_details
from pictd.repo.postgres.gathering import Gathering
from pictd.repo.postgres.jobs import push_cleanups
from pictd.repo.postgres.sessions import Row, Sessions, Step
from pictd.repo.postgres.values import is_storable, stamp, stamp_up

_FIND = """
    SELECT v.identifier, d.json::text
    FROM variants AS v LEFT JOIN details AS d ON d.identifier = v.identifier
    WHERE v.hash = %s AND v.variant = %s
"""
_FIND_ALL = """
    SELECT v.hash, v.variant, v.identifier, d.json::text
    FROM unnest(%s::text[], %s::text[]) AS t (hash, variant)
    JOIN variants AS v ON v.hash = t.hash AND v.variant = t.variant
    LEFT JOIN details AS d ON d.identifier = v.identifier
"""
_LOCK = "SELECT 1 FROM hashes WHERE hash = %s FOR NO KEY UPDATE"
_ADD = "INSERT INTO variants (hash, variant, identifier, accessed) VALUES (%s, %s, %s, %s)"
_OF_HASH = "SELECT variant, identifier FROM variants WHERE hash = %s"
_TOUCH = """
    UPDATE variants AS v SET accessed = t.accessed
    FROM unnest(%s::text[], %s::text[], %s::timestamp[]) AS t (hash, variant, accessed)
    WHERE v.hash = t.hash AND v.variant = t.variant AND v.accessed < t.accessed
"""
OUTDATED = """
    SELECT hash, variant FROM variants WHERE accessed < %s
    ORDER BY accessed, hash, variant LIMIT %s
"""
"""Takes a moment and a limit."""
_REMOVE_ALL = "DELETE FROM variants WHERE hash = %s"
_REMOVE = f"{_REMOVE_ALL} AND variant = ANY(%s::text[])"
_REMOVE_OUTDATED = """
    DELETE FROM variants AS v USING unnest(%s::text[], %s::text[]) AS t (hash, variant)
    WHERE v.hash = t.hash AND v.variant = t.variant AND v.accessed < %s
"""


@implementer(IVariants)
class PostgresVariants:
    """Table ``variants``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._finding = Gathering(self._find, sessions.reactor)

    async def find(self, hash: Hash, key: str) -> Variant | None:
        """See ``IVariants``. Every request for a variant goes through here."""
        row = await self._finding.find((hash.text, key)) if is_storable(key) else None
        return None if row is None else _variant([row])

    async def add(
        self, hash: Hash, key: str, identifier: str, details: Details, accessed: int
    ) -> Variant | None:
        """See ``IVariants``."""
        new = _NewVariant(hash.text, key, identifier, details, accessed)
        return await self._sessions.run(new.add)

    async def of_hash(self, hash: Hash) -> Mapping[str, str]:
        """See ``IVariants``."""
        return dict(await self._sessions.rows(_OF_HASH, hash.text))

    async def remove(self, hash: Hash, keys: Sequence[str] | None = None) -> int:
        """See ``IVariants``."""
        if keys is None:
            return await self._remove(_REMOVE_ALL, hash.text)
        return await self._remove(_REMOVE, hash.text, list(keys))

    async def touch(self, accesses: Mapping[tuple[Hash, str], int]) -> None:
        """See ``IVariants``."""
        if accesses:
            hashes, keys = [hash.text for hash, _ in accesses], [key for _, key in accesses]
            moments = [stamp(each) for each in accesses.values()]
            await self._sessions.execute(_TOUCH, hashes, keys, moments)

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Hash, str]]:
        """See ``IVariants``."""
        found = await self._sessions.rows(OUTDATED, stamp_up(before), limit)
        return [(Hash.from_text(hash), key) for hash, key in found]

    async def remove_outdated(self, places: Sequence[tuple[Hash, str]], before: int) -> int:
        """See ``IVariants``."""
        hashes, keys = [hash.text for hash, _ in places], [key for _, key in places]
        return await self._remove(_REMOVE_OUTDATED, hashes, keys, stamp_up(before))

    async def _find(self, places: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Row]:
        hashes, keys = [hash for hash, _ in places], [key for _, key in places]
        found = await self._sessions.rows(_FIND_ALL, hashes, keys)
        return {(hash, key): tuple(row) for hash, key, *row in found}

    async def _remove(self, sql: str, *parameters: object) -> int:
        async def remove(step: Step) -> int:
            gone = await step.rows(f"{sql} RETURNING identifier", *parameters)
            await push_cleanups(step, [identifier for (identifier,) in gone])
            return len(gone)

        return await self._sessions.run(remove)


@attrs.frozen
class _NewVariant:
    """The step that records a variant."""

    hash: str
    key: str
    identifier: str
    details: Details
    accessed: int

    async def add(self, step: Step) -> Variant | None:
        """The variant that is recorded from now on. The lock lets one maker at a time go on, and
        keeps the content from being removed."""
        if not await step.rows(_LOCK, self.hash):
            return None
        present = _variant(await step.rows(_FIND, self.hash, self.key))
        if present is not None:
            return present
        await step.execute(_ADD, self.hash, self.key, self.identifier, stamp(self.accessed))
        await save_details(step, self.identifier, self.details)
        return Variant(self.identifier, self.details)


def _variant(found: Sequence[Row]) -> Variant | None:
    return Variant(found[0][0], rows.hot_details(found[0][1])) if found else None
