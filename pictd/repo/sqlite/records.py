"""Everything, page by page, and batch by batch."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from zope.interface import implementer

from pictd.interfaces.repos import IRecords
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload
from pictd.repo.sqlite import arrivals, departures
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.writer import Operation, Writer

T = TypeVar("T")
_LONGEST = 5000
"""Records of a page: what memory holds at a time."""


@implementer(IRecords)
class SqliteRecords:
    """All tables. Originals go by the bytes of their hashes, uploads and jobs by their ids."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def originals(self, after: Hash | None, limit: int) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        place, most = b"" if after is None else after.to_bytes(), min(limit, _LONGEST)
        return await self._read(lambda db: departures.originals(db, place, most))

    async def stored(self, hashes: Sequence[Hash]) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        keys = [hash.to_bytes() for hash in hashes]
        return await self._read(lambda db: departures.stored(db, keys))

    async def uploads(self, after: str | None, limit: int) -> Sequence[Upload]:
        """See ``IRecords``."""
        place, most = after or "", min(limit, _LONGEST)
        return await self._read(lambda db: departures.uploads(db, place, most))

    async def jobs(self, after: str | None, limit: int) -> Sequence[CarriedJob]:
        """See ``IRecords``."""
        place, most = int(after or "0"), min(limit, _LONGEST)
        return await self._read(lambda db: departures.jobs(db, place, most))

    async def settings(self) -> Mapping[str, bytes]:
        """See ``IRecords``."""
        return await self._read(departures.settings)

    async def tally(self) -> Tally:
        """See ``IRecords``. SQLite keeps no counts: it walks an index for each."""
        return await self._read(departures.tally)

    async def add_originals(self, originals: Sequence[CarriedOriginal]) -> None:
        """See ``IRecords``."""
        await self._write(lambda step: arrivals.add_originals(step, originals))

    async def add_uploads(self, uploads: Sequence[Upload]) -> None:
        """See ``IRecords``."""
        await self._write(lambda step: arrivals.add_uploads(step, uploads))

    async def add_jobs(self, jobs: Sequence[CarriedJob]) -> None:
        """See ``IRecords``. Ids are given anew."""
        await self._write(lambda step: arrivals.add_jobs(step, jobs))

    async def add_settings(self, settings: Mapping[str, bytes]) -> None:
        """See ``IRecords``."""
        await self._write(lambda step: arrivals.add_settings(step, settings))

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._reader.in_thread(work)

    async def _write(self, operation: Operation[None]) -> None:
        await self._writer.run(operation)
