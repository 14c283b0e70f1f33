"""Derived files, by hash and variant key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
from zope.interface import implementer

from pictd.interfaces.content import IVariants
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import Variant
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.details import save_details
from pictd.repo.sqlite.jobs import push_cleanup
from pictd.repo.sqlite.reader import Reader, Row, fetch
from pictd.repo.sqlite.writer import Step, Writer

_FIND = f"""
    SELECT {rows.DETAILS}, v.identifier
    FROM variants AS v LEFT JOIN details AS d ON d.identifier = v.identifier
    WHERE v.hash = ? AND v.variant = ?
"""
_ADD = "INSERT INTO variants VALUES (?, ?, ?, ?)"
_TOUCH = "UPDATE variants SET accessed = max(accessed, ?) WHERE hash = ? AND variant = ?"
_REMOVE = "DELETE FROM variants WHERE hash = ? AND variant = ? RETURNING identifier"
OUTDATED = """
    SELECT hash, variant FROM variants WHERE accessed < ?
    ORDER BY accessed, hash, variant LIMIT ?
"""
"""Takes a moment and a limit."""
_REMOVE_OUTDATED = (
    "DELETE FROM variants WHERE hash = ? AND variant = ? AND accessed < ? RETURNING identifier"
)
_REMOVE_ALL = "DELETE FROM variants WHERE hash = ? RETURNING identifier"


@implementer(IVariants)
class SqliteVariants:
    """Table ``variants``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def find(self, hash: Hash, key: str) -> Variant | None:
        """See ``IVariants``. One query: every request for a variant begins here."""
        return _variant(self._reader.rows(_FIND, hash.to_bytes(), key))

    async def add(
        self, hash: Hash, key: str, identifier: str, details: Details, accessed: int
    ) -> Variant | None:
        """See ``IVariants``."""
        new = _NewVariant(hash.to_bytes(), key, identifier, details, accessed)
        return await self._writer.run(new.add)

    async def of_hash(self, hash: Hash) -> Mapping[str, str]:
        """See ``IVariants``."""
        return dict(
            self._reader.rows(
                "SELECT variant, identifier FROM variants WHERE hash = ?", hash.to_bytes()
            )
        )

    async def remove(self, hash: Hash, keys: Sequence[str] | None = None) -> int:
        """See ``IVariants``."""
        return await self._writer.run(lambda step: _remove(step, hash.to_bytes(), keys))

    async def touch(self, accesses: Mapping[tuple[Hash, str], int]) -> None:
        """See ``IVariants``."""
        if accesses:
            updates = [(at, hash.to_bytes(), key) for (hash, key), at in accesses.items()]
            await self._writer.run(lambda step: step.connection.executemany(_TOUCH, updates))

    async def outdated(self, before: int, limit: int) -> Sequence[tuple[Hash, str]]:
        """See ``IVariants``."""
        found = await self._reader.in_thread(lambda db: fetch(db, OUTDATED, before, limit))
        return [(rows.hash_of(hash), key) for hash, key in found]

    async def remove_outdated(self, places: Sequence[tuple[Hash, str]], before: int) -> int:
        """See ``IVariants``."""
        return await self._writer.run(lambda step: _remove_outdated(step, places, before))


@attrs.frozen
class _NewVariant:
    """The step that records a variant."""

    hash: bytes
    key: str
    identifier: str
    details: Details
    accessed: int

    def add(self, step: Step) -> Variant | None:
        """The variant that is recorded from now on."""
        present = _variant(step.rows(_FIND, self.hash, self.key))
        if present is not None:
            return present
        if not step.rows("SELECT 1 FROM hashes WHERE hash = ?", self.hash):
            return None
        step.execute(_ADD, self.hash, self.key, self.identifier, self.accessed)
        save_details(step, self.identifier, self.details)
        return Variant(self.identifier, self.details)


def _variant(found: Sequence[Sequence[object]]) -> Variant | None:
    if not found:
        return None
    row = found[0]
    return Variant(str(row[-1]), rows.details(row[: rows.WIDTH]))


def _remove(step: Step, hash: bytes, keys: Sequence[str] | None) -> int:
    if keys is None:
        gone = list(step.rows(_REMOVE_ALL, hash))
    else:
        gone = [row for key in keys for row in step.rows(_REMOVE, hash, key)]
    return _clean_up(step, gone)


def _remove_outdated(step: Step, places: Sequence[tuple[Hash, str]], before: int) -> int:
    found = (step.rows(_REMOVE_OUTDATED, hash.to_bytes(), key, before) for hash, key in places)
    return _clean_up(step, [row for rows in found for row in rows])


def _clean_up(step: Step, gone: Sequence[Row]) -> int:
    for (identifier,) in gone:
        push_cleanup(step, identifier)
    return len(gone)
