"""Removing records whose bytes are gone (contract C7).

The job looks before it acts: where the store does not work, or where more of a sample is missing
than the configuration allows, it does nothing, for then it is the store that is wrong. It walks
over all originals, newest first, in small steps: it looks for a few, and removes those whose bytes
are not there, each in one step of the repo. Where more than allowed is missing of those that it
looked for last, it stops: a second disk, with the older files, may be away. A crash in it begins
the walk again, and finds less to do.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.jobs.walking import PAUSE, STEP, originals
from pictd.jobs.worker import Duty
from pictd.model.records import HashRecord, Queue
from pictd.model.times import from_seconds

STARTED, COMPLETE, PROGRESS = (
    "prune-missing-started",
    "prune-missing-complete",
    "prune-missing-queued",
)
"""Settings (spec storage §1.8)."""

SAMPLE = 1000
"""Originals, at most, that are looked for before anything is removed; and those that a walk looked
for last, by which it goes on."""

Watch = Callable[[int], None]
"""Is told how many more originals were looked for."""


def _nobody(_: int) -> None:
    """Watches."""


_Remove = Callable[[HashRecord, int], Awaitable[bool]]
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
    """:ivar most_missing: the share of a sample beyond which nothing is removed.
    :ivar pause: seconds between two steps of the walk.
    """

    repo: IRepo
    store: IStore
    clock: IReactorTime
    most_missing: float
    pause: float = PAUSE

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
        async for records in originals(self.repo, self.clock, self.pause):
            examined += len(records)
            missing += len(await self._lost(records))
            if examined >= SAMPLE:
                break
        return Sample(examined, missing)

    async def work(self, _: object) -> None:
        """Prune, or refuse to and say why in the log."""
        await self.run()

    async def run(self, watch: Watch = _nobody) -> int | None:
        """Prune, or refuse to and say why in the log.

        :return: how many records were removed; None where it refused, or stopped on its way.
        :raise StoreUnavailable: the store does not work.
        """
        if await self.is_wrong_store():
            return None
        await self.repo.settings.set(STARTED, _YES)
        await self._note(0)
        pruned = await self._walk(self._remove, watch)
        if pruned is not None:
            await self.repo.settings.set(COMPLETE, _YES)
            _log.info("{count} records without bytes were pruned", count=pruned)
        return pruned

    async def rehearse(self, watch: Watch = _nobody) -> int | None:
        """As ``run``, but nothing is changed.

        :return: how many records would be removed.
        """
        return None if await self.is_wrong_store() else await self._walk(self._spare, watch)

    async def is_wrong_store(self) -> bool:
        """Whether so much is missing that nothing may be removed, which is said.

        :raise StoreUnavailable: it does not work.
        """
        await self.store.check(read_only=True)
        return self._refuses(await self.sample(), "nothing is pruned")

    async def _walk(self, remove: _Remove, watch: Watch) -> int | None:
        """How many records were removed; None where the walk stopped."""
        pruned, recent = 0, _Recent()
        async for records in originals(self.repo, self.clock, self.pause):
            lost = await self._lost(records)
            recent.note(len(records), len(lost))
            if self._refuses(recent.sample, "pruning stops"):
                return None
            for record in lost:
                pruned += await remove(record, pruned)
            watch(len(records))
        return pruned

    async def _remove(self, record: HashRecord, before: int) -> bool:
        """False: meanwhile it was removed, or got its bytes again.

        :param before: how many went before it.
        """
        found = await self.repo.hashes.find(record.hash)
        if found is None or found.identifier != record.identifier:
            return False
        await self.repo.hashes.purge(record.hash)
        await self._note(before + 1)
        return True

    async def _spare(self, record: HashRecord, before: int) -> bool:
        """In the place of ``_remove``."""
        return True

    async def _note(self, pruned: int) -> None:
        await self.repo.settings.set(PROGRESS, _COUNT.pack(pruned))

    def _refuses(self, sample: Sample, consequence: str) -> bool:
        """Whether too much is missing, which is said."""
        if sample.share <= self.most_missing:
            return False
        _log.error(
            "{consequence}: of {examined} files {missing} are missing, more than"
            " prune.max_missing_share ({most}) allows; is it the right store?",
            consequence=consequence,
            examined=sample.examined,
            missing=sample.missing,
            most=self.most_missing,
        )
        return True

    async def _lost(self, records: Sequence[HashRecord]) -> list[HashRecord]:
        return [record for record in records if await self._is_lost(record)]

    async def _is_lost(self, record: HashRecord) -> bool:
        blob = await self.store.open(record.identifier)
        if blob is None:
            return True
        blob.close()
        return False


class _Recent:
    """Those that a walk looked for last: as many as a sample, or none while there are fewer, for
    the sample before the walk has told of them."""

    def __init__(self) -> None:
        self._pages: deque[Sample] = deque(maxlen=SAMPLE // STEP)

    def note(self, examined: int, missing: int) -> None:
        """Of the page at hand."""
        self._pages.append(Sample(examined, missing))

    @property
    def sample(self) -> Sample:
        """As it is now."""
        if len(self._pages) < SAMPLE // STEP:
            return Sample(0, 0)
        examined = sum(page.examined for page in self._pages)
        return Sample(examined, sum(page.missing for page in self._pages))
