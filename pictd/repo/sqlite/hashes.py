"""Stored originals."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import attrs
from zope.interface import implementer

from pictd.interfaces.content import IHashes
from pictd.model.alias import Alias
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Naming, Page, Published
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.details import find_details, save_details
from pictd.repo.sqlite.listing import Place, page_at, page_from
from pictd.repo.sqlite.naming import give_name
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.removal import remove_aliases, remove_unnamed
from pictd.repo.sqlite.writer import Step, Writer

_QUICK = 200
"""Entries of a page that are read within a few milliseconds."""
_MOST = 2**31
"""Entries; SQLite's own limit is 64 bits."""
_FIND = f"SELECT {rows.RECORD} FROM hashes AS h WHERE h.hash = ?"
_ADD = "INSERT INTO hashes (hash, identifier, created_at, blurhash, motion) VALUES (?, ?, ?, ?, ?)"
_HEAL = "UPDATE hashes SET identifier = ? WHERE hash = ? AND identifier = ?"
_MOTION = "UPDATE hashes SET motion = ? WHERE hash = ? AND motion IS ?"
_BLURHASH = "UPDATE hashes SET blurhash = ? WHERE hash = ?"


@implementer(IHashes)
class SqliteHashes:
    """Table ``hashes``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def publish(self, record: HashRecord, details: Details, naming: Naming) -> Published:
        """See ``IHashes``."""
        return await self._writer.run(_Publication(record, details, naming).publish)

    async def find(self, hash: Hash) -> HashRecord | None:
        """See ``IHashes``."""
        found = self._reader.rows(_FIND, hash.to_bytes())
        return rows.record(found[0]) if found else None

    async def heal(self, hash: Hash, lost: str, identifier: str, details: Details) -> bool:
        """See ``IHashes``."""
        return await self._writer.run(
            lambda step: _heal(step, (identifier, hash.to_bytes(), lost), details)
        )

    async def set_motion(
        self, hash: Hash, lost: str | None, identifier: str, details: Details
    ) -> str | None:
        """See ``IHashes``."""
        return await self._writer.run(
            lambda step: _set_motion(step, (identifier, hash.to_bytes(), lost), details)
        )

    async def forget_motion(self, hash: Hash, lost: str) -> bool:
        """See ``IHashes``."""
        return await self._writer.run(lambda step: _forget_motion(step, hash.to_bytes(), lost))

    async def set_blurhash(self, hash: Hash, blurhash: str) -> None:
        """See ``IHashes``."""
        await self._writer.run(lambda step: step.execute(_BLURHASH, blurhash, hash.to_bytes()))

    async def purge(self, hash: Hash) -> Sequence[Alias]:
        """See ``IHashes``."""
        return await self._writer.run(lambda step: _purge(step, hash.to_bytes()))

    async def collect(self, hash: Hash) -> bool:
        """See ``IHashes``."""
        return await self._writer.run(lambda step: remove_unnamed(step, hash.to_bytes()))

    async def page(self, start: Hash | None, limit: int) -> Page:
        """See ``IHashes``."""
        return await self._read(lambda db, most: page_from(db, start, most), limit)

    async def page_before(self, moment: int, limit: int) -> Page:
        """See ``IHashes``."""
        return await self._read(lambda db, most: page_at(db, Place.before(moment), most), limit)

    async def count(self) -> int:
        """See ``IHashes``. SQLite keeps no count: it walks an index."""
        return await self._reader.in_thread(
            lambda db: int(db.execute("SELECT count(*) FROM hashes").fetchone()[0])
        )

    async def _read(self, page: Callable[[sqlite3.Connection, int], Page], limit: int) -> Page:
        limit = max(0, min(limit, _MOST))
        if limit <= _QUICK:
            return self._reader.snapshot(lambda db: page(db, limit))
        return await self._reader.in_thread(lambda db: page(db, limit))


@attrs.frozen
class _Publication:
    """The step that makes a saved file public."""

    record: HashRecord
    details: Details
    naming: Naming

    def publish(self, step: Step) -> Published:
        """Whatever naming raises undoes the whole step."""
        key = self.record.hash.to_bytes()
        found = step.rows(_FIND, key)
        published = self._earlier(step, rows.record(found[0])) if found else self._new(step, key)
        give_name(step, self.naming, key)
        return published

    def _earlier(self, step: Step, record: HashRecord) -> Published:
        return Published(record, find_details(step, record.identifier), created=False)

    def _new(self, step: Step, key: bytes) -> Published:
        new = self.record
        step.execute(_ADD, key, new.identifier, new.created_at, new.blurhash, new.motion)
        save_details(step, new.identifier, self.details)
        return Published(new, self.details, created=True)


def _heal(step: Step, move: tuple[str, bytes, str], details: Details) -> bool:
    """:param move: new identifier, hash, lost identifier."""
    if not step.execute(_HEAL, *move):
        return False
    identifier, _, lost = move
    earlier = find_details(step, lost)
    step.execute("DELETE FROM details WHERE identifier = ?", lost)
    created_at = details.created_at if earlier is None else earlier.created_at
    save_details(step, identifier, attrs.evolve(details, created_at=created_at))
    return True


def _set_motion(step: Step, move: tuple[str, bytes, str | None], details: Details) -> str | None:
    """:param move: new identifier, hash, lost identifier."""
    identifier, key, lost = move
    if step.execute(_MOTION, *move):
        save_details(step, identifier, details)
        step.execute("DELETE FROM details WHERE identifier = ?", lost)
    found = step.rows("SELECT motion FROM hashes WHERE hash = ?", key)
    return found[0][0] if found else None


def _forget_motion(step: Step, key: bytes, lost: str) -> bool:
    known = step.execute(_MOTION, None, key, lost) > 0
    if known:
        step.execute("DELETE FROM details WHERE identifier = ?", lost)
    return known


def _purge(step: Step, key: bytes) -> Sequence[Alias]:
    named = step.rows("SELECT alias FROM aliases WHERE hash = ?", key)
    remove_aliases(step, key)
    remove_unnamed(step, key)
    return [Alias.parse(text) for (text,) in named]
