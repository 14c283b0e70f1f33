"""Public names and their tokens."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces.content import IAliases
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Naming, Original
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.naming import give_name
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.removal import remove_alias
from pictd.repo.sqlite.writer import Step, Writer

_FIND = f"""
    SELECT {rows.RECORD}, {rows.DETAILS}, a.token
    FROM aliases AS a JOIN hashes AS h ON h.hash = a.hash
    LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE a.alias = ?
"""


@implementer(IAliases)
class SqliteAliases:
    """Table ``aliases``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def find(self, alias: Alias) -> Original | None:
        """See ``IAliases``. One query: every request for media begins here."""
        found = self._reader.rows(_FIND, str(alias))
        return _original(alias, found[0]) if found else None

    async def of_hash(self, hash: Hash) -> Sequence[Alias]:
        """See ``IAliases``."""
        found = self._reader.rows("SELECT alias FROM aliases WHERE hash = ?", hash.to_bytes())
        return [Alias.parse(text) for (text,) in found]

    async def add(self, naming: Naming, hash: Hash) -> bool:
        """See ``IAliases``."""
        return await self._writer.run(lambda step: _add(step, naming, hash.to_bytes()))

    async def remove(self, alias: Alias) -> bool:
        """See ``IAliases``."""
        return await self._writer.run(lambda step: remove_alias(step, str(alias)))


def _original(alias: Alias, row: Sequence[object]) -> Original:
    record = rows.record(row[: rows.WIDTH])
    details = rows.details(row[rows.WIDTH : 2 * rows.WIDTH])
    return Original(alias, DeleteToken(str(row[-1])), record, details)


def _add(step: Step, naming: Naming, key: bytes) -> bool:
    if not step.rows("SELECT 1 FROM hashes WHERE hash = ?", key):
        if step.rows("SELECT 1 FROM aliases WHERE alias = ?", str(naming.alias)):
            raise AliasAlreadyExists
        return False
    give_name(step, naming, key)
    return True
