"""Durable queues with leases."""

from __future__ import annotations

import json

from zope.interface import implementer

from pictd.interfaces.queues import IJobs
from pictd.model.records import Job, Queue
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.writer import Step, Writer
from pictd.repo.wakeups import Wakeups

_PUSH = (
    "INSERT INTO jobs (queue, payload, unique_key, due) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_NEXT = (
    "SELECT id, payload, attempts_left FROM jobs"
    " WHERE queue = ? AND due <= ? AND leased_until <= ? ORDER BY due, id LIMIT 1"
)
_TAKE = "UPDATE jobs SET worker = ?, leased_until = ?, attempts_left = ? WHERE id = ?"
_RENEW = "UPDATE jobs SET leased_until = ? WHERE id = ? AND worker = ?"
_FINISH = "DELETE FROM jobs WHERE id = ? AND worker = ?"
_RETRY = "UPDATE jobs SET worker = NULL, leased_until = 0, due = ? WHERE id = ? AND worker = ?"
_RELEASE = (
    "UPDATE jobs SET worker = NULL, leased_until = 0, attempts_left = attempts_left + ?"
    " WHERE id = ? AND worker = ?"
)


@implementer(IJobs)
class SqliteJobs:
    """Table ``jobs``. The oldest job is the one that has been due for the longest time."""

    def __init__(self, reader: Reader, writer: Writer, wakeups: Wakeups) -> None:
        self._reader = reader
        self._writer = writer
        self._wakeups = wakeups

    async def push(
        self, queue: Queue, payload: object, now: int, unique_key: str | None = None
    ) -> bool:
        """See ``IJobs``."""
        return await self._writer.run(lambda step: push_job(step, queue, payload, now, unique_key))

    async def pop(self, queue: Queue, worker: str, now: int, lease: int) -> Job | None:
        """See ``IJobs``."""
        if not self._reader.rows(_NEXT, queue.value, now, now):
            return None  # an idle worker's polls write nothing
        return await self._writer.run(lambda step: _pop(step, queue, worker, now, lease))

    async def renew(self, job: Job, worker: str, now: int, lease: int) -> bool:
        """See ``IJobs``."""
        return await self._writer.run(
            lambda step: step.execute(_RENEW, now + lease, int(job.id), worker) > 0
        )

    async def finish(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        await self._writer.run(lambda step: step.execute(_FINISH, int(job.id), worker))

    async def retry(self, job: Job, worker: str, due: int) -> None:
        """See ``IJobs``."""
        await self._writer.run(lambda step: step.execute(_RETRY, due, int(job.id), worker))

    async def release(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        await self._writer.run(lambda step: _release(step, job, worker))

    async def length(self, queue: Queue) -> int:
        """See ``IJobs``."""
        return await self._reader.in_thread(
            lambda db: int(
                db.execute("SELECT count(*) FROM jobs WHERE queue = ?", (queue.value,)).fetchone()[
                    0
                ]
            )
        )

    async def wait(self, queue: Queue) -> None:
        """See ``IJobs``."""
        await self._wakeups.wait(queue)


def push_job(
    step: Step, queue: Queue, payload: object, due: int, unique_key: str | None = None
) -> bool:
    """Put a job on a queue, as part of a step. False: its key is taken."""
    text = json.dumps(payload, separators=(",", ":"))
    pushed = step.execute(_PUSH, queue.value, text, unique_key, due) > 0
    step.pushes[queue, pushed] += 1
    if pushed:
        step.news.add(queue)
    return pushed


def push_cleanup(step: Step, identifier: str) -> None:
    """Queue the removal of an identifier's bytes and details; due at once."""
    push_job(step, Queue.CLEANUP, {"Identifier": {"identifier": identifier}}, due=0)


def _pop(step: Step, queue: Queue, worker: str, now: int, lease: int) -> Job | None:
    found = step.rows(_NEXT, queue.value, now, now)
    if not found:
        return None
    ((id, payload, attempts),) = found
    left = max(0, attempts - 1)
    step.execute(_TAKE, worker, now + lease, left, id)
    return Job(str(id), queue, json.loads(payload), left, exhausted=attempts == 0)


def _release(step: Step, job: Job, worker: str) -> None:
    given_back = 0 if job.exhausted else 1
    if step.execute(_RELEASE, given_back, int(job.id), worker):
        step.news.add(job.queue)
