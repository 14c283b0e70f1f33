"""Measured facts, by identifier."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg2.extras import Json
from zope.interface import implementer

from pictd.interfaces.content import IDetails
from pictd.model.details import Details
from pictd.repo.postgres import rows
from pictd.repo.postgres.sessions import Sessions, Step

PAGE = """
    SELECT d.identifier,
        EXISTS (SELECT 1 FROM hashes AS h WHERE h.identifier = d.identifier)
        OR EXISTS (SELECT 1 FROM hashes AS h WHERE h.motion_identifier = d.identifier)
        OR EXISTS (SELECT 1 FROM variants AS v WHERE v.identifier = d.identifier)
        OR EXISTS (
            SELECT 1 FROM pictd_uploads AS p JOIN uploads AS u ON u.id = p.id
            WHERE p.identifier = d.identifier AND u.result IS NULL
        )
    FROM (
        SELECT identifier FROM details WHERE identifier > %s ORDER BY identifier LIMIT %s
    ) AS d ORDER BY d.identifier
"""
"""Takes an identifier and a limit."""
_FIND = "SELECT json FROM details WHERE identifier = %s"
_SAVE = "INSERT INTO details (identifier, json) VALUES (%s, %s) ON CONFLICT DO NOTHING"
REMOVE = "DELETE FROM details WHERE identifier = %s"
"""Takes an identifier."""


@implementer(IDetails)
class PostgresDetails:
    """Table ``details``."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def find(self, identifier: str) -> Details | None:
        """See ``IDetails``."""
        found = await self._sessions.rows(_FIND, identifier)
        return rows.details(found[0][0]) if found else None

    async def save(self, identifier: str, details: Details) -> None:
        """See ``IDetails``."""
        await self._sessions.run(lambda step: save_details(step, identifier, details))

    async def remove(self, identifier: str) -> None:
        """See ``IDetails``."""
        await self._sessions.execute(REMOVE, identifier)

    async def page(self, after: str | None, limit: int) -> Mapping[str, bool]:
        """See ``IDetails``. By identifier."""
        return dict(await self._sessions.rows(PAGE, after or "", limit))


async def save_details(step: Step, identifier: str, details: Details) -> None:
    """The first record stays."""
    await step.execute(_SAVE, identifier, Json(details.as_json()))


async def find_details(step: Step, identifier: str) -> Details | None:
    """What the step sees."""
    found = await step.rows(_FIND, identifier)
    return rows.details(found[0][0]) if found else None
