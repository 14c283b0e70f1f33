"""Public names and their tokens."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces import IAliases
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Naming, Original
from pictd.repo.postgres import rows
from pictd.repo.postgres.naming import give_name
from pictd.repo.postgres.removal import remove_alias
from pictd.repo.postgres.sessions import Row, Sessions, Step

_FIND = f"""
    SELECT {rows.RECORD}, d.json, a.token
    FROM aliases AS a JOIN hashes AS h ON h.hash = a.hash
    LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE a.alias = %s
"""
_THERE = "SELECT 1 FROM hashes WHERE hash = %s FOR KEY SHARE"


@implementer(IAliases)
class PostgresAliases:
    """Table ``aliases``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, alias: Alias) -> Original | None:
        """See ``IAliases``. One query: every request for media begins here."""
        found = await self._sessions.rows(_FIND, str(alias))
        return _original(alias, found[0]) if found else None

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


def _original(alias: Alias, row: Row) -> Original:
    *record, details, token = row
    return Original(alias, DeleteToken(token), rows.record(record), rows.details(details))


async def _add(step: Step, naming: Naming, key: str) -> bool:
    if not await step.rows(_THERE, key):
        if await step.rows("SELECT 1 FROM aliases WHERE alias = %s", str(naming.alias)):
            raise AliasAlreadyExists
        return False
    await give_name(step, naming, key)
    return True
