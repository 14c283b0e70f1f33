"""Public names and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces.content import IAliases
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Naming, Original
from pictd.repo.postgres import rows
from pictd.repo.postgres.gathering import Gathering
from pictd.repo.postgres.naming import give_name
from pictd.repo.postgres.removal import remove_alias
from pictd.repo.postgres.sessions import Row, Sessions, Step
from pictd.repo.postgres.values import is_storable

_FIND = f"""
    SELECT a.alias, {rows.RECORD}, d.json::text, a.token
    FROM aliases AS a JOIN hashes AS h ON h.hash = a.hash
    LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE a.alias = ANY(%s::text[])
"""
_THERE = "SELECT 1 FROM hashes WHERE hash = %s FOR KEY SHARE"


@implementer(IAliases)
class PostgresAliases:
    """Table ``aliases``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._finding = Gathering(self._find, sessions.reactor)

    async def find(self, alias: Alias) -> Original | None:
        """See ``IAliases``. Every request for media begins here."""
        text = str(alias)
        row = await self._finding.find(text) if is_storable(text) else None
        return None if row is None else _original(alias, row)

    async def of_hash(self, hash: Hash) -> Sequence[Alias]:
        """See ``IAliases``."""
        found = await self._sessions.rows("SELECT alias FROM aliases WHERE hash = %s", hash.text)
        return [Alias.parse(text) for (text,) in found]

    async def add(self, naming: Naming, hash: Hash) -> bool:
        """See ``IAliases``."""
        return await self._sessions.run(lambda step: _add(step, naming, hash.text))

    async def remove(self, alias: Alias) -> bool:
        """See ``IAliases``."""
        return await self._sessions.run(lambda step: remove_alias(step, str(alias)))

    async def _find(self, aliases: Sequence[str]) -> Mapping[str, Row]:
        found = await self._sessions.rows(_FIND, aliases)
        return {alias: tuple(row) for alias, *row in found}


def _original(alias: Alias, row: Row) -> Original:
    *record, details, token = row
    return Original(alias, DeleteToken(token), rows.record(record), rows.hot_details(details))


async def _add(step: Step, naming: Naming, key: str) -> bool:
    if not await step.rows(_THERE, key):
        if await step.rows("SELECT 1 FROM aliases WHERE alias = %s", str(naming.alias)):
            raise AliasAlreadyExists
        return False
    await give_name(step, naming, key)
    return True
