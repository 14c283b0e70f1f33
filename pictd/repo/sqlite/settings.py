"""Settings that the server itself keeps."""

from __future__ import annotations

from zope.interface import implementer

from pictd.interfaces.repos import ISettings
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.writer import Writer

SET = "INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
"""Takes a key and its value."""


@implementer(ISettings)
class SqliteSettings:
    """Table ``settings``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def get(self, key: str) -> bytes | None:
        """See ``ISettings``."""
        found = self._reader.rows("SELECT value FROM settings WHERE key = ?", key)
        return found[0][0] if found else None

    async def set(self, key: str, value: bytes) -> None:
        """See ``ISettings``."""
        await self._writer.run(lambda step: step.execute(SET, key, value))
