"""Everything, page by page, and batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from pictd.interfaces.repos import IRecords
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload
from pictd.repo.postgres import arrivals, departures
from pictd.repo.postgres.sessions import Sessions

T = TypeVar("T")
_LONGEST = 5000
"""Records of a page: what memory holds at a time."""


@implementer(IRecords)
class PostgresRecords:
    """All tables. Originals go by the texts of their hashes, as the database compares them, uploads
    and jobs by their ids. Between rows and values a thread translates."""

    def __init__(self, sessions: Sessions, reactor: Any) -> None:
        self._sessions = sessions
        self._reactor = reactor

    async def originals(self, after: Hash | None, limit: int) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        place, most = None if after is None else after.text, min(limit, _LONGEST)
        found = await self._sessions.snapshot(lambda step: departures.originals(step, place, most))
        return await self._in_thread(found.values)

    async def stored(self, hashes: Sequence[Hash]) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        keys = [hash.text for hash in hashes]
        found = await self._sessions.snapshot(lambda step: departures.stored(step, keys))
        return await self._in_thread(found.values)

    async def uploads(self, after: str | None, limit: int) -> Sequence[Upload]:
        """See ``IRecords``."""
        return await departures.uploads(self._sessions, after, min(limit, _LONGEST))

    async def jobs(self, after: str | None, limit: int) -> Sequence[CarriedJob]:
        """See ``IRecords``."""
        return await departures.jobs(self._sessions, after, min(limit, _LONGEST))

    async def settings(self) -> Mapping[str, bytes]:
        """See ``IRecords``."""
        return await departures.settings(self._sessions)

    async def tally(self) -> Tally:
        """See ``IRecords``. PostgreSQL keeps no counts: it walks the tables."""
        return await self._sessions.snapshot(departures.tally)

    async def add_originals(self, originals: Sequence[CarriedOriginal]) -> None:
        """See ``IRecords``."""
        batch = await self._in_thread(lambda: arrivals.Batch.of(originals))
        await self._sessions.run(batch.add)

    async def add_uploads(self, uploads: Sequence[Upload]) -> None:
        """See ``IRecords``."""
        await self._sessions.run(lambda step: arrivals.add_uploads(step, uploads))

    async def add_jobs(self, jobs: Sequence[CarriedJob]) -> None:
        """See ``IRecords``. Ids that are UUIDs stay."""
        await self._sessions.run(lambda step: arrivals.add_jobs(step, jobs))

    async def add_settings(self, settings: Mapping[str, bytes]) -> None:
        """See ``IRecords``."""
        await self._sessions.run(lambda step: arrivals.add_settings(step, settings))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work)
