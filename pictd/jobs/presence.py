"""Whether the server has been there long enough for things to expire (contract C13)."""

from __future__ import annotations

from datetime import timedelta

import attrs

from pictd.interfaces.repos import IRepo
from pictd.model.settings import GRACE_ENDS, LAST_SEEN
from pictd.model.times import SECOND

LONG = int(timedelta(hours=1).total_seconds()) * SECOND
GRACE = int(timedelta(days=1).total_seconds()) * SECOND
FRESH = int(timedelta(minutes=1).total_seconds()) * SECOND
"""A note that is no older is not written again."""


@attrs.define
class Presence:
    """Keeps the note of when the server was last there, in the repo: whichever node wrote it."""

    _repo: IRepo

    async def note(self, now: int) -> bool:
        """Note that the server is there.

        :return: whether things may expire. They may not for a day after an absence of more than an
            hour, or after a database was taken over, for nobody could ask for them.
        """
        seen = await self._moment(LAST_SEEN)
        ends = await self._moment(GRACE_ENDS) or 0
        absent = await self._is_taken_over() if seen is None else now - seen > LONG
        if absent:
            ends = now + GRACE
            await self._set(GRACE_ENDS, ends)
        if seen is None or abs(now - seen) > FRESH:
            await self._set(LAST_SEEN, now)
        return not now < ends <= now + GRACE  # a later end is of a clock that went wrong

    async def _is_taken_over(self) -> bool:
        """Something is stored, and pictd was never there."""
        return await self._repo.hashes.count() > 0

    async def _moment(self, key: str) -> int | None:
        value = await self._repo.settings.get(key)
        return int(value) if value and value.isdigit() else None

    async def _set(self, key: str, moment: int) -> None:
        await self._repo.settings.set(key, b"%d" % moment)
