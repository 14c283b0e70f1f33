"""Measured facts, by identifier."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from pictd.interfaces.content import IDetails
from pictd.model.details import Details
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.reader import Reader, fetch
from pictd.repo.sqlite.writer import Step, Writer

PAGE = """
    SELECT d.identifier,
        EXISTS (SELECT 1 FROM hashes AS h WHERE h.identifier = d.identifier)
        OR EXISTS (SELECT 1 FROM hashes AS h WHERE h.motion = d.identifier)
        OR EXISTS (SELECT 1 FROM variants AS v WHERE v.identifier = d.identifier)
        OR EXISTS (SELECT 1 FROM uploads AS u WHERE u.identifier = d.identifier)
    FROM details AS d WHERE d.identifier > ? ORDER BY d.identifier LIMIT ?
"""
"""Takes an identifier and a limit."""
_FIND = f"SELECT {rows.DETAILS} FROM details AS d WHERE d.identifier = ?"


@implementer(IDetails)
class SqliteDetails:
    """Table ``details``."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def find(self, identifier: str) -> Details | None:
        """See ``IDetails``."""
        found = self._reader.rows(_FIND, identifier)
        return rows.details(found[0]) if found else None

    async def save(self, identifier: str, details: Details) -> None:
        """See ``IDetails``."""
        await self._writer.run(lambda step: save_details(step, identifier, details))

    async def remove(self, identifier: str) -> None:
        """See ``IDetails``."""
        await self._writer.run(
            lambda step: step.execute("DELETE FROM details WHERE identifier = ?", identifier)
        )

    async def page(self, after: str | None, limit: int) -> Mapping[str, bool]:
        """See ``IDetails``. By identifier."""
        found = await self._reader.in_thread(lambda db: fetch(db, PAGE, after or "", limit))
        return {identifier: bool(known) for identifier, known in found}


def save_details(step: Step, identifier: str, details: Details) -> None:
    """The first record stays."""
    step.execute(
        "INSERT INTO details VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        identifier,
        details.width,
        details.height,
        details.frames,
        details.format.code,
        details.created_at,
    )


def find_details(step: Step, identifier: str) -> Details | None:
    """What the step sees."""
    found = step.rows(_FIND, identifier)
    return rows.details(found[0]) if found else None
