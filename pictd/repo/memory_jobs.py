"""The memory repo's queues."""

from __future__ import annotations

import attrs
from zope.interface import implementer

from pictd.interfaces.queues import IJobs
from pictd.model.records import Job, Queue
from pictd.repo.memory_tables import StoredJob, Tables


@implementer(IJobs)
class MemoryJobs:
    """See ``IJobs``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def push(
        self, queue: Queue, payload: object, now: int, unique_key: str | None = None
    ) -> bool:
        """See ``IJobs``."""
        return self._tables.push(queue, payload, now, unique_key)

    async def pop(self, queue: Queue, worker: str, now: int, lease: int) -> Job | None:
        """See ``IJobs``."""
        stored = self._oldest(queue, now)
        if stored is None:
            return None
        left = stored.job.attempts_left
        stored.job = attrs.evolve(stored.job, attempts_left=max(0, left - 1), exhausted=left == 0)
        stored.worker, stored.leased_until = worker, now + lease
        return stored.job

    async def renew(self, job: Job, worker: str, now: int, lease: int) -> bool:
        """See ``IJobs``."""
        stored = self._held(job, worker)
        if stored is None:
            return False
        stored.leased_until = now + lease
        return True

    async def finish(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        if self._held(job, worker) is not None:
            del self._tables.jobs[job.id]

    async def retry(self, job: Job, worker: str, due: int) -> None:
        """See ``IJobs``."""
        stored = self._held(job, worker)
        if stored is not None:
            stored.worker, stored.leased_until, stored.due = None, 0, due

    async def release(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        stored = self._held(job, worker)
        if stored is None:
            return
        stored.worker, stored.leased_until = None, 0
        if not stored.job.exhausted:
            stored.job = attrs.evolve(stored.job, attempts_left=stored.job.attempts_left + 1)
        self._tables.wakeups.wake([job.queue])

    async def length(self, queue: Queue) -> int:
        """See ``IJobs``."""
        return sum(stored.job.queue is queue for stored in self._tables.jobs.values())

    async def wait(self, queue: Queue) -> None:
        """See ``IJobs``."""
        await self._tables.wakeups.wait(queue)

    def _held(self, job: Job, worker: str) -> StoredJob | None:
        stored = self._tables.jobs.get(job.id)
        return stored if stored is not None and stored.worker == worker else None

    def _oldest(self, queue: Queue, now: int) -> StoredJob | None:
        ready = [
            stored
            for stored in self._tables.jobs.values()
            if stored.job.queue is queue and stored.due <= now and stored.leased_until <= now
        ]
        return min(ready, key=lambda stored: (stored.due, int(stored.job.id)), default=None)
