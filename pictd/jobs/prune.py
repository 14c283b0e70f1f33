"""Removing records whose bytes are gone (contract C7).

The job looks before it acts: where the store does not work, or where more of a sample is missing
than the configuration allows, it does nothing, for then it is the store that is wrong. It walks
over all originals in small steps and removes each whose bytes are not there, in one step of the
repo. A crash in it begins the walk again, and finds less to do.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Mapping

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd.interfaces import IRepo, IStore
from pictd.jobs.worker import Duty
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Queue
from pictd.model.times import from_seconds

STARTED, COMPLETE, PROGRESS = (
    "prune-missing-started",
    "prune-missing-complete",
    "prune-missing-queued",
)
"""Settings (spec storage §1.8)."""

SAMPLE = 1000
"""Originals, at most, that are looked for before anything is removed."""

_WALK_STEP = 100
_YES = b"1"
_COUNT = struct.Struct(">Q")

_log = Logger()


@attrs.frozen
class Progress:
    """How far pruning has come.

    :ivar complete: whether a walk has ended at any time.
    :ivar pruned: records removed by the last walk, so far.
    :ivar total: originals that are recorded now.
    """

    complete: bool
    pruned: int
    total: int


@attrs.frozen
class Sample:
    """:ivar missing: how many of those ``examined`` have lost their bytes."""

    examined: int
    missing: int

    @property
    def share(self) -> float:
        """Of what is missing."""
        return self.missing / self.examined if self.examined else 0.0


@attrs.frozen
class Prune:
    """:ivar most_missing: the share of a sample beyond which nothing is removed."""

    repo: IRepo
    store: IStore
    clock: IReactorTime
    most_missing: float

    def duties(self) -> Mapping[str, Duty]:
        """By the name of the kind of job."""
        return {"Prune": Duty(self.work)}

    async def progress(self) -> Progress:
        """As it is now."""
        get = self.repo.settings.get
        pruned = await get(PROGRESS)
        count = _COUNT.unpack(pruned)[0] if pruned and len(pruned) == _COUNT.size else 0
        return Progress(await get(COMPLETE) == _YES, count, await self.repo.hashes.count())

    async def begin(self, force: bool) -> None:
        """Queue the job, unless a walk was begun at any time before, or one is queued already.

        :param force: whatever was begun before.
        """
        if not force and await self.repo.settings.get(STARTED) == _YES:
            return
        now = from_seconds(self.clock.seconds())
        await self.repo.jobs.push(Queue.CLEANUP, "Prune", now, "prune-missing")

    async def sample(self) -> Sample:
        """Look for the bytes of the newest originals; nothing is changed.

        :raise StoreUnavailable: the store can't tell.
        """
        examined = missing = 0
        async for record in self._originals():
            examined += 1
            missing += await self._is_lost(record)
            if examined == SAMPLE:
                break
        return Sample(examined, missing)

    async def work(self, _: object) -> None:
        """Prune, or refuse to and say why in the log."""
        await self.store.check(read_only=True)
        sample = await self.sample()
        if sample.share > self.most_missing:
            _log.error(
                "nothing is pruned: of {examined} files {missing} are missing, more than"
                " prune.max_missing_share ({most}) allows; is it the right store?",
                examined=sample.examined,
                missing=sample.missing,
                most=self.most_missing,
            )
            return
        await self.repo.settings.set(STARTED, _YES)
        pruned = await self._prune()
        await self.repo.settings.set(COMPLETE, _YES)
        _log.info("{count} records without bytes were pruned", count=pruned)

    async def _prune(self) -> int:
        pruned = 0
        await self.repo.settings.set(PROGRESS, _COUNT.pack(0))
        async for record in self._originals():
            if await self._is_lost(record):
                await self.repo.hashes.purge(record.hash)
                pruned += 1
                await self.repo.settings.set(PROGRESS, _COUNT.pack(pruned))
        return pruned

    async def _originals(self) -> AsyncIterator[HashRecord]:
        """All of them, newest first; what is uploaded meanwhile is left out."""
        start: Hash | None = None
        while True:
            page = await self.repo.hashes.page(start, _WALK_STEP)
            for entry in page.entries:
                yield entry.record
            if page.next is None:
                return
            start = page.next

    async def _is_lost(self, record: HashRecord) -> bool:
        blob = await self.store.open(record.identifier)
        if blob is None:
            return True
        blob.close()
        return False
