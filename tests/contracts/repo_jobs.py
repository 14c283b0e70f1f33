"""What every repo promises of jobs."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from pictd.model.alias import Alias
from pictd.model.records import Job, Queue
from tests.contracts.repo import TICK, RepoContract

LEASE = 60  # ticks


class JobsContract(RepoContract):
    """``IJobs``; see ``tests.contracts.repo``."""

    async def pop(self, now: int, worker: str = "w1", queue: Queue = Queue.PROCESS) -> Job | None:
        """With the lease that all tests use."""
        return await self.repo.jobs.pop(queue, worker, now * TICK, LEASE * TICK)

    async def taken(self, now: int, worker: str = "w1") -> Job:
        """A job that is there."""
        job = await self.pop(now, worker)
        assert job is not None
        return job

    async def push(self, payload: object = "Prune", now: int = 0, key: str | None = None) -> bool:
        """To the queue that all tests use."""
        return await self.repo.jobs.push(Queue.PROCESS, payload, now * TICK, key)

    async def test_empty_queue(self) -> None:
        """Nothing to take."""
        self.assertIsNone(await self.pop(0))

    async def test_payload_comes_back(self) -> None:
        """Any JSON; the attempt being made is no longer left."""
        payload = {"Ingest": {"identifier": "a/b", "upload_query": {"π": [1, None, True]}}}
        self.assertTrue(await self.push(payload))
        job = await self.taken(0)
        self.assertEqual((job.queue, job.payload), (Queue.PROCESS, payload))
        self.assertEqual(job.attempts_left, 4)

    async def test_queues_are_apart(self) -> None:
        """A job is taken, and counted, in its own queue only."""
        await self.push()
        self.assertIsNone(await self.pop(0, queue=Queue.CLEANUP))
        self.assertEqual(await self.repo.jobs.length(Queue.CLEANUP), 0)
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 1)

    async def test_first_in_first_out(self) -> None:
        """In the order of pushing."""
        for number in range(5):
            await self.push(number, now=number)
        self.assertEqual([(await self.taken(9)).payload for _ in range(5)], [0, 1, 2, 3, 4])

    async def test_not_before_it_is_due(self) -> None:
        """A job pushed for later waits."""
        await self.push(now=100)
        self.assertIsNone(await self.pop(99))
        await self.taken(100)

    async def test_a_lease_keeps_others_away(self) -> None:
        """A job is taken once; running jobs count in the length."""
        await self.push()
        await self.taken(0)
        self.assertIsNone(await self.pop(LEASE - 1, "w2"))
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 1)

    async def test_an_abandoned_job_is_taken_again(self) -> None:
        """When its lease ends; the lost attempt counts (contract C6, C14)."""
        await self.push()
        await self.taken(0)
        again = await self.taken(LEASE, "w2")
        self.assertEqual(again.attempts_left, 3)

    async def test_a_job_that_kills_its_workers_is_exhausted(self) -> None:
        """After five attempts it is handed out once more, to be given up."""
        await self.push("deadly")
        attempts = [await self.taken(attempt * LEASE) for attempt in range(5)]
        self.assertEqual(
            [(job.attempts_left, job.exhausted) for job in attempts],
            [(left, False) for left in (4, 3, 2, 1, 0)],
        )
        last = await self.taken(5 * LEASE, "w2")
        self.assertEqual((last.payload, last.attempts_left, last.exhausted), ("deadly", 0, True))
        await self.repo.jobs.finish(last, "w2")
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 0)

    async def test_an_exhausted_job_has_a_lease(self) -> None:
        """The next one is taken meanwhile; it returns if whoever gives it up dies, too."""
        await self.push("deadly")
        for attempt in range(6):
            await self.taken(attempt * LEASE)
        await self.push("harmless", now=5 * LEASE)
        self.assertEqual((await self.taken(5 * LEASE, "w2")).payload, "harmless")
        again = await self.taken(6 * LEASE)
        self.assertEqual((again.payload, again.exhausted), ("deadly", True))

    async def test_renewing(self) -> None:
        """The lease counts from the renewal."""
        await self.push()
        job = await self.taken(0)
        self.assertTrue(await self.repo.jobs.renew(job, "w1", 50 * TICK, LEASE * TICK))
        self.assertIsNone(await self.pop(50 + LEASE - 1, "w2"))
        await self.taken(50 + LEASE, "w2")

    async def test_renewing_what_was_lost(self) -> None:
        """The worker learns that another one has it, or that it is gone."""
        await self.push()
        job = await self.taken(0)
        await self.taken(LEASE, "w2")
        self.assertFalse(await self.repo.jobs.renew(job, "w1", LEASE * TICK, LEASE * TICK))
        await self.repo.jobs.finish(job, "w2")
        self.assertFalse(await self.repo.jobs.renew(job, "w2", LEASE * TICK, LEASE * TICK))

    async def test_finishing(self) -> None:
        """The job is gone."""
        await self.push()
        await self.repo.jobs.finish(await self.taken(0), "w1")
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 0)

    async def test_finishing_what_was_lost(self) -> None:
        """The worker that has it now is not disturbed."""
        await self.push()
        job = await self.taken(0)
        await self.taken(LEASE, "w2")
        await self.repo.jobs.finish(job, "w1")
        await self.repo.jobs.retry(job, "w1", 0)
        self.assertIsNone(await self.pop(LEASE))
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 1)

    async def test_retrying(self) -> None:
        """Taken again from the named moment on, with one attempt less."""
        await self.push()
        await self.repo.jobs.retry(await self.taken(0), "w1", due=500 * TICK)
        self.assertIsNone(await self.pop(499))
        self.assertEqual((await self.taken(500)).attempts_left, 3)

    async def test_a_job_that_waits_lets_others_by(self) -> None:
        """A retry in the future does not block the queue."""
        await self.push("first")
        await self.repo.jobs.retry(await self.taken(0), "w1", due=500 * TICK)
        await self.push("second", now=1)
        self.assertEqual((await self.taken(1)).payload, "second")

    async def test_retries_end(self) -> None:
        """After the fifth failure the job comes back as exhausted, when it is due."""
        await self.push()
        for attempt in range(5):
            await self.repo.jobs.retry(await self.taken(attempt), "w1", due=(attempt + 1) * TICK)
        self.assertIsNone(await self.pop(4))
        self.assertTrue((await self.taken(5)).exhausted)

    async def test_releasing(self) -> None:
        """The job is taken again at once, before younger ones, and no attempt was used."""
        await self.push("first")
        await self.push("second", now=1)
        await self.repo.jobs.release(await self.taken(1), "w1")
        again = await self.taken(1, "w2")
        self.assertEqual((again.payload, again.attempts_left), ("first", 4))

    async def test_releasing_what_was_lost(self) -> None:
        """The worker that has it now keeps it; what is finished stays so."""
        await self.push()
        job = await self.taken(0)
        await self.taken(LEASE, "w2")
        await self.repo.jobs.release(job, "w1")
        self.assertIsNone(await self.pop(LEASE))
        self.assertEqual((await self.taken(2 * LEASE)).attempts_left, 2)
        await self.repo.jobs.finish(job, "w1")
        await self.repo.jobs.release(job, "w1")
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 0)

    async def test_releasing_an_exhausted_job(self) -> None:
        """It gains no attempt."""
        await self.push()
        for attempt in range(6):
            job = await self.taken(attempt * LEASE)
        await self.repo.jobs.release(job, "w1")
        again = await self.taken(5 * LEASE)
        self.assertEqual((again.attempts_left, again.exhausted), (0, True))

    async def test_a_release_wakes_waiters(self) -> None:
        """There is a job for them."""
        await self.push()
        job = await self.taken(0)
        (waiter,) = self.waiting(Queue.PROCESS, 1)
        await self.repo.jobs.release(job, "w1")
        await waiter

    async def test_a_unique_job_is_pushed_once(self) -> None:
        """While it is queued, running, or waits for a retry."""
        self.assertTrue(await self.push(key="prune-missing"))
        self.assertFalse(await self.push(key="prune-missing"))
        job = await self.taken(0)
        self.assertFalse(await self.push(key="prune-missing"))
        await self.repo.jobs.retry(job, "w1", due=500 * TICK)
        self.assertFalse(await self.push(key="prune-missing"))
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 1)

    async def test_a_unique_job_may_return(self) -> None:
        """Once it is finished."""
        await self.push(key="prune-missing")
        await self.repo.jobs.finish(await self.taken(0), "w1")
        self.assertTrue(await self.push(key="prune-missing"))

    async def test_a_push_wakes_all_waiters_of_its_queue(self) -> None:
        """Each one waits on its own; other queues sleep on."""
        woken, other = self.waiting(Queue.PROCESS, 2), self.waiting(Queue.CLEANUP, 1)
        await self.push()
        for waiter in woken:
            await waiter
        self.assertFalse(other[0].called)
        other[0].cancel()
        await self.assertFailure(other[0], CancelledError)

    async def test_a_refused_push_wakes_nobody(self) -> None:
        """Nothing was pushed."""
        await self.push(key="once")
        (waiter,) = self.waiting(Queue.PROCESS, 1)
        await self.push(key="once")
        self.assertFalse(waiter.called)
        waiter.cancel()
        await self.assertFailure(waiter, CancelledError)

    async def test_a_waiter_may_leave(self) -> None:
        """The others are woken all the same."""
        leaving, staying = self.waiting(Queue.PROCESS, 2)
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        await self.push()
        await staying

    async def test_cleanup_that_others_push_wakes(self) -> None:
        """A removal wakes those who clean up."""
        await self.publish(1, "one")
        (waiter,) = self.waiting(Queue.CLEANUP, 1)
        await self.repo.aliases.remove(Alias("one"))
        await waiter

    def waiting(self, queue: Queue, count: int) -> list[Deferred[None]]:
        """So many who wait."""
        return [Deferred.fromCoroutine(self.repo.jobs.wait(queue)) for _ in range(count)]
