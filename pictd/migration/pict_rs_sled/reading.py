"""Reads a database of pict-rs in threads.

How it works: pages are read one after the other, and not ahead: a thread that reads would only take
the interpreter from the one that writes. Whoever ends early is waited for in ``close``: each page
is read under a lock, and reading is told to end at the next record.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool

from pictd.migration.pict_rs_sled.failures import translated
from pictd.migration.pict_rs_sled.heeding import Abandoned, Heeding
from pictd.migration.pict_rs_sled.skips import Skipped
from pictd.migration.pict_rs_sled.source import PictRs
from pictd.migration.seals import Seal
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.uploads import Upload
from pictd.sled.damage import Report
from pictd.sled.database import Database, open_database

T = TypeVar("T")
Page = Sequence[T]

PAGE = 2500
"""Originals that are carried at a time: many for one commit, a few megabytes of memory."""


class Reading:
    """A ``Source``, to be opened first and closed in the end.

    :ivar seal: of what was told since it was opened, or asked to begin again.
    """

    def __init__(self, path: Path, forced: bool, now: int, reactor: IReactorThreads) -> None:
        """:param path: what pict-rs calls ``repo.path``.
        :param forced: go on without what is damaged.
        :param now: stands for moments that pict-rs did not record.
        """
        self._path = path
        self._forced = forced
        self._now = now
        self._reactor = reactor
        self._lock = Lock()
        self._ended = False
        self._database: Database | None = None
        self._facts: PictRs | None = None
        self._walks: list[Iterator[object]] = []
        self.seal = Seal()

    async def open(self) -> Report:
        """Read everything once, for its checksums.

        :return: what is wrong with it, beyond what was refused.
        :raise TakeoverImpossible: it can't be read, or is damaged and nothing is forced.
        """
        return await self.in_thread(self._open)

    async def begin_again(self) -> None:
        """Everything will be told anew."""
        self.seal = Seal()
        await self.in_thread(self._begin)

    async def close(self) -> None:
        """Let pict-rs have its database again. A second call does nothing."""
        self.abandon()
        await deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self._close)

    def abandon(self) -> None:
        """Have whatever reads end with ``Abandoned``; from any thread."""
        self._ended = True

    @property
    def skipped(self) -> Skipped:
        """What was not told, of all that was read so far."""
        return self._told.skipped

    async def tally(self) -> Tally:
        """See ``Source``; those included that will be skipped."""
        return await self.in_thread(self._told.tally)

    async def settings(self) -> Mapping[str, bytes]:
        """See ``Source``."""
        found = await self.in_thread(self._told.settings)
        self.seal.settings(found)
        return found

    def originals(self) -> AsyncIterator[Page[CarriedOriginal]]:
        """See ``Source``."""
        return self._pages(self._told.originals(), self.seal.originals)

    def uploads(self) -> AsyncIterator[Page[Upload]]:
        """See ``Source``."""
        return self._pages(self._told.uploads(), self.seal.uploads)

    def jobs(self) -> AsyncIterator[Page[CarriedJob]]:
        """See ``Source``."""
        return self._pages(self._told.jobs(), self.seal.jobs)

    def in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        """Alone with the database.

        :raise TakeoverImpossible: it fails.
        """
        pool = self._reactor.getThreadPool()
        return deferToThreadPool(self._reactor, pool, self._alone, work)

    async def _pages(
        self, walk: Iterator[T], note: Callable[[Page[T]], None]
    ) -> AsyncIterator[Page[T]]:
        self._walks.append(walk)

        def read() -> Page[T]:
            page = list(islice(walk, PAGE))
            note(page)
            return page

        while page := await self.in_thread(read):
            yield page

    @property
    def _told(self) -> PictRs:
        assert self._facts is not None
        return self._facts

    def _alone(self, work: Callable[[], T]) -> T:
        with self._lock, translated():
            if self._ended:
                raise Abandoned
            return work()

    def _open(self) -> Report:
        self._database = open_database(self._path, self._forced)
        report = self._database.check()
        self._begin()
        return report

    def _begin(self) -> None:
        assert self._database is not None
        self._facts = PictRs(Heeding(self._database, lambda: self._ended), self._now)

    def _close(self) -> None:
        with self._lock:
            for walk in self._walks:
                walk.close()  # type: ignore[attr-defined]  # a generator
            if self._database is not None:
                self._database.close()
            self._database = None
