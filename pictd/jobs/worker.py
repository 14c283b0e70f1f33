"""Take jobs from a queue, one after the other, and settle each.

How it works: a worker pops a job under a lease and renews the lease while it works; a worker that
dies stops renewing, and the job is taken again when its lease ends (contract C14). A failure that
passes by itself is retried after a pause that doubles with each attempt (C6); any other is final.
A job that nobody understands is dropped. One whose attempts are used up, by failures or by deaths
of its workers, comes back once more to be given up. The end of every job is logged under its id.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import uuid4

import attrs
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from pictd.errors import Overloaded, RepoUnavailable, StoreUnavailable
from pictd.figures import Run
from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics
from pictd.model.records import Job, Queue
from pictd.model.times import SECOND, from_seconds

LEASE = 30
"""Seconds until the job of a dead worker is taken again."""

RENEW_EVERY = 10.0
"""Seconds."""

POLL_EVERY = 5.0
"""Seconds between looks at an empty queue that nobody announced anything for."""

STOP_LIMIT = 15.0
"""Seconds that a job has to end where the server stops."""

FIRST_PAUSE = 5
"""Seconds before the first retry."""

T = TypeVar("T")

Work = Callable[[object], Awaitable[None]]
"""Its argument is what the payload holds under the name of the kind of job."""

PASSING = (Overloaded, RepoUnavailable, StoreUnavailable)
"""Failures that pass by themselves."""


@attrs.frozen
class Duty:
    """What there is to do for one kind of job.

    :ivar give_up: tells those who wait that it will never be done; called where all attempts were
        made and none settled the job.
    """

    work: Work
    give_up: Work | None = None


class NotUnderstood(Exception):
    """The payload is of no known kind, or not in the form of its kind."""


class Worker(Service):
    """Works on one job at a time.

    :param duties: by the name of the kind of job.
    :param metrics: None: nobody reads them.
    :param breath: seconds between two jobs, in which requests have the machine to themselves.
    """

    _log = Logger()

    def __init__(
        self,
        repo: IRepo,
        queue: Queue,
        duties: Mapping[str, Duty],
        clock: IReactorTime,
        metrics: Metrics | None = None,
        breath: float = 0.0,
    ) -> None:
        self._repo = repo
        self._queue = queue
        self._duties = duties
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._breath = breath
        self._id = str(uuid4())
        self._loop: Deferred[None] | None = None
        self._waiting: Deferred[None] | None = None
        self._duty_at_hand: Deferred[None] | None = None

    def startService(self) -> None:
        """Begin to take jobs."""
        super().startService()
        self._loop = Deferred.fromCoroutine(self._work())

    def stopService(self) -> Deferred[None] | None:
        """Take no more jobs; fires when the one at hand is settled. One that takes longer is
        stopped, and handed back."""
        super().stopService()
        if self._waiting is not None:
            self._waiting.cancel()
        loop, self._loop = self._loop, None
        if loop is not None:
            limit = self._clock.callLater(STOP_LIMIT, self._interrupt)
            loop.addBoth(_call_off, limit)
        return loop

    def _interrupt(self) -> None:
        if self._duty_at_hand is not None:
            self._duty_at_hand.cancel()

    async def _work(self) -> None:
        while self.running:
            # Listening begins before the look at the queue: a push between would be missed.
            announced = Deferred.fromCoroutine(self._repo.jobs.wait(self._queue))
            try:
                job = await self._pop()
                if job is not None:
                    await self._perform(job)
                    _silence(announced)
                    await self._breathe()
                    continue
            except PASSING as error:
                self._log.warn("{queue}: {error}", queue=self._queue.value, error=error)
                _silence(announced)
                announced = Deferred()
            await self._rest(announced, POLL_EVERY)

    async def _pop(self) -> Job | None:
        completed = False
        try:
            job = await self._repo.jobs.pop(self._queue, self._id, self._now(), LEASE * SECOND)
            completed = True
        finally:
            self._metrics.pops.add(queue=self._queue.value, completed=completed)
        return job

    async def _breathe(self) -> None:
        if self._breath:
            await self._rest(Deferred(), self._breath)

    async def _rest(self, until: Deferred[None], seconds: float) -> None:
        """Until then, or for as long."""
        if not self.running:
            return _silence(until)
        self._waiting = until.addTimeout(seconds, self._clock)
        try:
            await self._waiting
        except (CancelledError, TimeoutError, *PASSING):
            pass
        finally:
            self._waiting = None
        return None

    async def _perform(self, job: Job) -> None:
        beat = LoopingCall(lambda: Deferred.fromCoroutine(self._renew(job)))
        beat.clock = self._clock
        beat.start(RENEW_EVERY, now=False)
        try:
            with self._metrics.jobs.running(queue=self._queue.value, worker_id=self._id) as run:
                await self._settle(job, run)
        finally:
            beat.stop()

    async def _renew(self, job: Job) -> None:
        try:
            await self._repo.jobs.renew(job, self._id, self._now(), LEASE * SECOND)
        except RepoUnavailable as error:
            self._log.warn("job {id}: lease not renewed: {error}", id=job.id, error=error)

    async def _settle(self, job: Job, run: Run) -> None:
        began = self._clock.seconds()
        try:
            duty, argument = self._duty(job.payload)
            await self._do(job, duty, argument)
        except PASSING as error:
            run.completed = False
            self._log.warn("job {id} will be retried: {error}", id=job.id, error=error)
            await self._repo.jobs.retry(job, self._id, self._now() + _pause(job) * SECOND)
            return
        except CancelledError:
            self._log.info("job {id} is handed back", id=job.id)
            await self._repo.jobs.release(job, self._id)
            return
        except Exception as error:
            run.completed = False
            self._log.failure("job {id} failed for good: {e}", id=job.id, e=repr(error))
        else:
            self._tell_done(job, self._clock.seconds() - began)
        await self._repo.jobs.finish(job, self._id)

    async def _do(self, job: Job, duty: Duty, argument: object) -> None:
        """:raise CancelledError: there was no time for it any more."""
        work = self._give_up(job, duty, argument) if job.exhausted else _done(duty.work(argument))
        self._duty_at_hand = Deferred.fromCoroutine(work)
        try:
            await self._duty_at_hand
        finally:
            self._duty_at_hand = None

    async def _give_up(self, job: Job, duty: Duty, argument: object) -> None:
        self._log.error("{queue}: job {id} is given up", queue=job.queue.value, id=job.id)
        if duty.give_up is not None:
            await duty.give_up(argument)

    def _tell_done(self, job: Job, seconds: float) -> None:
        self._log.info(
            "job {id} ({kind}) done in {seconds} s",
            id=job.id,
            kind=_kind(job.payload),
            seconds=round(seconds, 3),
        )

    def _duty(self, payload: object) -> tuple[Duty, object]:
        """What the payload holds beside its kind may be a secret, which no error repeats."""
        kind = _kind(payload)
        if kind not in self._duties:
            raise NotUnderstood(f"no such kind of job: {kind!r}")
        return self._duties[kind], payload[kind] if isinstance(payload, dict) else None

    def _now(self) -> int:
        return from_seconds(self._clock.seconds())


def _pause(job: Job) -> int:
    """Seconds until the next attempt; none where the job only comes back to be given up."""
    if job.attempts_left == 0 and not job.exhausted:
        return 0
    return FIRST_PAUSE << max(0, 4 - job.attempts_left)


def _call_off(outcome: T, call: IDelayedCall) -> T:
    if call.active():
        call.cancel()
    return outcome


async def _done(work: Awaitable[None]) -> None:
    await work


def _kind(payload: object) -> str:
    """Empty where the payload tells none."""
    if isinstance(payload, dict) and len(payload) == 1:
        (payload,) = payload
    return payload if isinstance(payload, str) else ""


def _silence(waiting: Deferred[None]) -> None:
    waiting.addErrback(lambda _: None)
    waiting.cancel()
