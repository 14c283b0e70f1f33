"""Settings that the server itself keeps."""

from __future__ import annotations

from zope.interface import implementer

from pictd.interfaces.repos import ISettings
from pictd.repo.postgres.sessions import Sessions

_SET = """
    INSERT INTO settings (key, value) VALUES (%s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""


@implementer(ISettings)
class PostgresSettings:
    """Table ``settings``; values are the hex digits of their bytes."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get(self, key: str) -> bytes | None:
        """See ``ISettings``."""
        found = await self._sessions.rows("SELECT value FROM settings WHERE key = %s", key)
        return bytes.fromhex(found[0][0]) if found else None

    async def set(self, key: str, value: bytes) -> None:
        """See ``ISettings``."""
        await self._sessions.execute(_SET, key, value.hex())
