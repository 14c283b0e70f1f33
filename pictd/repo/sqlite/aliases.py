"""Public names, and the URLs proxied under them."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from pictd.errors import AliasAlreadyExists
from pictd.interfaces import IAliases
from pictd.model.alias import Alias, DeleteToken
from pictd.model.hashes import Hash
from pictd.model.records import Original
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.removal import remove_unnamed
from pictd.repo.sqlite.writer import Step, Writer

_FIND = f"""
    SELECT {rows.RECORD}, {rows.DETAILS}, a.token
    FROM aliases AS a JOIN hashes AS h ON h.hash = a.hash
    LEFT JOIN details AS d ON d.identifier = h.identifier
    WHERE a.alias = ?
"""
_ADD = "INSERT INTO aliases (alias, token, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"


@implementer(IAliases)
class SqliteAliases:
    """Tables ``aliases`` and ``proxies``."""

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

    async def add(self, alias: Alias, token: DeleteToken, hash: Hash) -> bool:
        """See ``IAliases``."""
        return await self._writer.run(lambda step: _add(step, alias, token, hash.to_bytes()))

    async def remove(self, alias: Alias) -> bool:
        """See ``IAliases``."""
        return await self._writer.run(lambda step: _remove(step, str(alias)))

    async def proxied(self, url: str) -> Alias | None:
        """See ``IAliases``."""
        found = self._reader.rows("SELECT alias FROM proxies WHERE url = ?", url)
        return Alias.parse(found[0][0]) if found else None


def give_alias(step: Step, alias: Alias, token: DeleteToken, key: bytes) -> None:
    """Name content that is there.

    :raise AliasAlreadyExists: the name is taken.
    """
    if not step.execute(_ADD, str(alias), token.text, key):
        raise AliasAlreadyExists


def _original(alias: Alias, row: Sequence[object]) -> Original:
    record = rows.record(row[: rows.WIDTH])
    details = rows.details(row[rows.WIDTH : 2 * rows.WIDTH])
    return Original(alias, DeleteToken(str(row[-1])), record, details)


def _add(step: Step, alias: Alias, token: DeleteToken, key: bytes) -> bool:
    if not step.rows("SELECT 1 FROM hashes WHERE hash = ?", key):
        if step.rows("SELECT 1 FROM aliases WHERE alias = ?", str(alias)):
            raise AliasAlreadyExists
        return False
    give_alias(step, alias, token, key)
    return True


def _remove(step: Step, alias: str) -> bool:
    found = step.rows("SELECT hash FROM aliases WHERE alias = ?", alias)
    if not found:
        return False
    step.execute("DELETE FROM proxies WHERE alias = ?", alias)
    step.execute("DELETE FROM aliases WHERE alias = ?", alias)
    remove_unnamed(step, found[0][0])
    return True
