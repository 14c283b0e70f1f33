"""Durable queues with leases, shared with nodes of pict-rs (spec storage §2.10, §15.3).

A job is running while its row says so; its heartbeat is the moment when its lease was given or
renewed. A worker holds a job by a claim, made of its own id and the job's: the column is unique,
and a worker of ours may hold several jobs. The column ``retry`` is lowered when a job is taken, so
that an attempt counts even where it ends in a crash. ``queue_time`` is when a job is due; pict-rs
may take one earlier.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg2.extras import Json
from zope.interface import implementer

from pictd.interfaces.queues import IJobs
from pictd.model.records import Job, Queue
from pictd.repo.postgres.sessions import Sessions, Step
from pictd.repo.postgres.values import stamp
from pictd.repo.wakeups import Wakeups

_PUSH = """
    INSERT INTO job_queue (queue, job, unique_key, queue_time) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_PUSH_CLEANUPS = """
    INSERT INTO job_queue (queue, job, queue_time)
    SELECT 'cleanup', jsonb_build_object('Identifier', jsonb_build_object('identifier', i)), %s
    FROM unnest(%s::text[]) AS i
"""
_CLAIM = """
    encode(substring(sha256(convert_to(%s || j.id::text, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid
"""
_TAKE = f"""
    WITH next AS (
        SELECT id, retry FROM job_queue
        WHERE queue = %s AND queue_time <= %s
            AND (status = 'new' OR heartbeat IS NULL OR heartbeat <= %s)
        ORDER BY queue_time, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE job_queue AS j
    SET status = 'running', heartbeat = %s, worker = {_CLAIM}, retry = greatest(0, j.retry - 1)
    FROM next WHERE j.id = next.id RETURNING j.id, j.job, j.retry, next.retry <= 0
"""
_HELD = f"WHERE j.id = %s AND j.worker = {_CLAIM}"
_RENEW = f"UPDATE job_queue AS j SET heartbeat = %s {_HELD}"
_FINISH = f"DELETE FROM job_queue AS j {_HELD}"
_FREE = "UPDATE job_queue AS j SET status = 'new', worker = NULL, heartbeat = NULL"
_RETRY = f"{_FREE}, queue_time = %s {_HELD}"
_RELEASE = f"{_FREE}, retry = j.retry + %s {_HELD}"
_LENGTH = "SELECT count(*) FROM job_queue WHERE queue = %s"


@implementer(IJobs)
class PostgresJobs:
    """Table ``job_queue``. The oldest job is the one that has been due for the longest time.

    A lease lasts from the heartbeat for as long as the worker who asks for work says: all workers
    say the same.
    """

    def __init__(self, sessions: Sessions, wakeups: Wakeups) -> None:
        self._sessions = sessions
        self._wakeups = wakeups

    async def push(
        self, queue: Queue, payload: object, now: int, unique_key: str | None = None
    ) -> bool:
        """See ``IJobs``."""
        return await self._sessions.run(
            lambda step: push_job(step, queue, payload, now, unique_key)
        )

    async def pop(self, queue: Queue, worker: str, now: int, lease: int) -> Job | None:
        """See ``IJobs``. Where there is nothing to take this writes nothing."""
        at, dead = stamp(now), stamp(now - lease)
        found = await self._sessions.run(
            lambda step: step.rows(_TAKE, queue.value, at, dead, at, worker)
        )
        if not found:
            return None
        ((id, payload, left, exhausted),) = found
        return Job(id, queue, payload, left, exhausted)

    async def renew(self, job: Job, worker: str, now: int, lease: int) -> bool:
        """See ``IJobs``."""
        return await self._sessions.execute(_RENEW, stamp(now), job.id, worker) > 0

    async def finish(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        await self._sessions.execute(_FINISH, job.id, worker)

    async def retry(self, job: Job, worker: str, due: int) -> None:
        """See ``IJobs``."""
        await self._sessions.execute(_RETRY, stamp(due), job.id, worker)

    async def release(self, job: Job, worker: str) -> None:
        """See ``IJobs``."""
        await self._sessions.run(lambda step: _release(step, job, worker))

    async def length(self, queue: Queue) -> int:
        """See ``IJobs``."""
        ((count,),) = await self._sessions.rows(_LENGTH, queue.value)
        return int(count)

    async def wait(self, queue: Queue) -> None:
        """See ``IJobs``."""
        await self._wakeups.wait(queue)


async def push_job(
    step: Step, queue: Queue, payload: object, due: int, unique_key: str | None = None
) -> bool:
    """Put a job on a queue, as part of a step. False: its key is taken."""
    pushed = bool(await step.execute(_PUSH, queue.value, Json(payload), unique_key, stamp(due)))
    step.pushes[queue, pushed] += 1
    if pushed:
        step.news.add(queue)
    return pushed


async def push_cleanups(step: Step, identifiers: Sequence[str]) -> None:
    """Queue the removal of bytes and details; due at once."""
    if identifiers:
        await step.execute(_PUSH_CLEANUPS, stamp(0), list(identifiers))
        step.pushes[Queue.CLEANUP, True] += len(identifiers)
        step.news.add(Queue.CLEANUP)


async def _release(step: Step, job: Job, worker: str) -> None:
    given_back = 0 if job.exhausted else 1
    if await step.execute(_RELEASE, given_back, job.id, worker):
        step.news.add(job.queue)
