"""Stored originals."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from zope.interface import implementer

from pictd.interfaces.content import IHashes
from pictd.model.alias import Alias
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Naming, Page, Published
from pictd.repo.postgres import rows
from pictd.repo.postgres.details import REMOVE, find_details, save_details
from pictd.repo.postgres.listing import Place, page_at, page_from
from pictd.repo.postgres.naming import give_name
from pictd.repo.postgres.removal import LOCK, remove_aliases, remove_unnamed
from pictd.repo.postgres.sessions import Sessions, Step
from pictd.repo.postgres.values import stamp

_MOST = 2**31
"""Entries of a page; PostgreSQL's own limit is 64 bits."""
_FIND = f"SELECT {rows.RECORD} FROM hashes AS h WHERE h.hash = %s"
_ADD = """
    INSERT INTO hashes (hash, identifier, created_at, blurhash, motion_identifier)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (hash) DO NOTHING
"""
_HEAL = "UPDATE hashes SET identifier = %s WHERE hash = %s AND identifier = %s"
_MOTION = """
    UPDATE hashes SET motion_identifier = %s
    WHERE hash = %s AND motion_identifier IS NOT DISTINCT FROM %s
"""
_BLURHASH = "UPDATE hashes SET blurhash = %s WHERE hash = %s"


@implementer(IHashes)
class PostgresHashes:
    """Table ``hashes``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def publish(self, record: HashRecord, details: Details, naming: Naming) -> Published:
        """See ``IHashes``."""
        return await self._sessions.run(_Publication(record, details, naming).publish)

    async def find(self, hash: Hash) -> HashRecord | None:
        """See ``IHashes``."""
        found = await self._sessions.rows(_FIND, hash.text)
        return rows.record(found[0]) if found else None

    async def heal(self, hash: Hash, lost: str, identifier: str, details: Details) -> bool:
        """See ``IHashes``."""
        return await self._sessions.run(
            lambda step: _heal(step, (identifier, hash.text, lost), details)
        )

    async def set_motion(
        self, hash: Hash, lost: str | None, identifier: str, details: Details
    ) -> str | None:
        """See ``IHashes``."""
        return await self._sessions.run(
            lambda step: _set_motion(step, (identifier, hash.text, lost), details)
        )

    async def forget_motion(self, hash: Hash, lost: str) -> bool:
        """See ``IHashes``."""
        return await self._sessions.run(lambda step: _forget_motion(step, hash.text, lost))

    async def set_blurhash(self, hash: Hash, blurhash: str) -> None:
        """See ``IHashes``."""
        await self._sessions.execute(_BLURHASH, blurhash, hash.text)

    async def purge(self, hash: Hash) -> Sequence[Alias]:
        """See ``IHashes``."""
        return await self._sessions.run(lambda step: _purge(step, hash.text))

    async def collect(self, hash: Hash) -> bool:
        """See ``IHashes``."""
        return await self._sessions.run(lambda step: remove_unnamed(step, hash.text))

    async def page(self, start: Hash | None, limit: int) -> Page:
        """See ``IHashes``."""
        most = max(0, min(limit, _MOST))
        return await self._sessions.snapshot(lambda step: page_from(step, start, most))

    async def page_before(self, moment: int, limit: int) -> Page:
        """See ``IHashes``."""
        place, most = Place.before(moment), max(0, min(limit, _MOST))
        return await self._sessions.snapshot(lambda step: page_at(step, place, most))

    async def count(self) -> int:
        """See ``IHashes``. PostgreSQL keeps no count: it walks an index."""
        ((count,),) = await self._sessions.rows("SELECT count(*) FROM hashes")
        return int(count)


@attrs.frozen
class _Publication:
    """The step that makes a saved file public."""

    record: HashRecord
    details: Details
    naming: Naming

    async def publish(self, step: Step) -> Published:
        """Whatever naming raises undoes the whole step. Content that others remove between the two
        looks is new at the next one."""
        key = self.record.hash.text
        published = None
        while published is None:
            published = await self._new(step, key) or await self._earlier(step, key)
        await give_name(step, self.naming, key)
        return published

    async def _new(self, step: Step, key: str) -> Published | None:
        """None: the content is there."""
        new = self.record
        columns = (new.identifier, stamp(new.created_at), new.blurhash, new.motion)
        if not await step.execute(_ADD, key, *columns):
            return None
        await save_details(step, new.identifier, self.details)
        return Published(new, self.details, created=True)

    async def _earlier(self, step: Step, key: str) -> Published | None:
        """None: it is gone."""
        found = await step.rows(f"{_FIND} FOR KEY SHARE", key)
        if not found:
            return None
        record = rows.record(found[0])
        return Published(record, await find_details(step, record.identifier), created=False)


async def _heal(step: Step, move: tuple[str, str, str], details: Details) -> bool:
    """:param move: new identifier, hash, lost identifier."""
    if not await step.execute(_HEAL, *move):
        return False
    identifier, _, lost = move
    earlier = await find_details(step, lost)
    await step.execute(REMOVE, lost)
    created_at = details.created_at if earlier is None else earlier.created_at
    await save_details(step, identifier, attrs.evolve(details, created_at=created_at))
    return True


async def _set_motion(
    step: Step, move: tuple[str, str, str | None], details: Details
) -> str | None:
    """:param move: new identifier, hash, lost identifier."""
    identifier, key, lost = move
    if await step.execute(_MOTION, *move):
        await save_details(step, identifier, details)
        await step.execute(REMOVE, lost)
    found = await step.rows("SELECT motion_identifier FROM hashes WHERE hash = %s", key)
    return found[0][0] if found else None


async def _forget_motion(step: Step, key: str, lost: str) -> bool:
    known = await step.execute(_MOTION, None, key, lost) > 0
    if known:
        await step.execute(REMOVE, lost)
    return known


async def _purge(step: Step, key: str) -> Sequence[Alias]:
    await step.rows(LOCK, key)
    named = await step.rows("SELECT alias FROM aliases WHERE hash = %s", key)
    await remove_aliases(step, key)
    await remove_unnamed(step, key)
    return [Alias.parse(text) for (text,) in named]
