"""Jobs are taken, kept alive, and settled."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, eventAsText
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import MediaFailed, StoreUnavailable
from pictd.jobs.worker import FIRST_PAUSE, LEASE, STOP_LIMIT, Duty, NotUnderstood, Worker
from pictd.metrics import Metrics
from pictd.model.records import Job, Queue
from pictd.model.times import SECOND, from_seconds
from pictd.repo.memory import MemoryRepo
from tests.support.figures import figure

OTHER_WORKER = "6a3c4c0b-9a41-4b8f-8c9e-1d7000000000"


class WorkerTests(SynchronousTestCase):
    """One worker on the cleanup queue of a repo in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.repo = MemoryRepo()
        self.done: list[object] = []
        self.failure: Exception | None = None
        self.gate: Deferred[None] | None = None
        self.given_up: list[object] = []
        self.sorrow: Exception | None = None
        self.metrics = Metrics(self.clock.seconds)
        duties = {"Kind": Duty(self.duty, self.give_up), "Quiet": Duty(self.duty)}
        self.worker = Worker(self.repo, Queue.CLEANUP, duties, self.clock, self.metrics)

    async def duty(self, argument: object) -> None:
        """Fails, or waits at the gate, as the test says."""
        self.done.append(argument)
        if self.gate is not None:
            await self.gate
        if self.failure is not None:
            raise self.failure

    async def give_up(self, argument: object) -> None:
        """Fails as the test says."""
        if self.sorrow is not None:
            raise self.sorrow
        self.given_up.append(argument)

    def push(self, payload: object) -> None:
        """Queue a job."""
        pushed = self.repo.jobs.push(Queue.CLEANUP, payload, self.now())
        self.assertTrue(self.successResultOf(Deferred.fromCoroutine(pushed)))

    def now(self) -> int:
        """The clock's moment."""
        return from_seconds(self.clock.seconds())

    def length(self) -> int:
        """Jobs waiting and running."""
        return self.successResultOf(Deferred.fromCoroutine(self.repo.jobs.length(Queue.CLEANUP)))

    def stolen(self) -> Job | None:
        """The job, if another worker may take it now."""
        taken = self.repo.jobs.pop(Queue.CLEANUP, OTHER_WORKER, self.now(), SECOND)
        return self.successResultOf(Deferred.fromCoroutine(taken))

    def exhaust(self) -> None:
        """Let five workers die of the job."""
        for _ in range(5):
            self.assertIsNotNone(self.stolen())
            self.clock.advance(1)

    def test_a_job_that_waits_is_taken_at_start(self) -> None:
        """And removed when it is done."""
        self.push({"Kind": {"a": 1}})
        self.worker.startService()
        self.assertEqual((self.done, self.length()), ([{"a": 1}], 0))

    def test_a_job_pushed_later_is_taken_at_once(self) -> None:
        """Without waiting for a poll."""
        self.worker.startService()
        self.push("Kind")
        self.clock.advance(0)
        self.assertEqual((self.done, self.length()), ([None], 0))

    def test_jobs_are_taken_in_order(self) -> None:
        """The oldest first."""
        for n in range(3):
            self.push({"Kind": n})
            self.clock.advance(1)
        self.worker.startService()
        self.assertEqual(self.done, [0, 1, 2])

    def test_the_lease_of_a_long_job_is_renewed(self) -> None:
        """Nobody else takes it, however long it lasts."""
        self.gate = Deferred()
        self.push("Kind")
        self.worker.startService()
        self.clock.pump([5.0] * (4 * LEASE // 5))
        self.assertIsNone(self.stolen())
        self.gate.callback(None)
        self.assertEqual(self.length(), 0)

    def test_a_passing_failure_is_retried_after_a_pause(self) -> None:
        """Which grows, until the attempts are used up."""
        self.failure = StoreUnavailable()
        self.push("Kind")
        self.worker.startService()
        self.assertEqual(len(self.done), 1)
        self.clock.pump([0.5] * (2 * FIRST_PAUSE - 1))
        self.assertEqual(len(self.done), 1)
        self.clock.pump([1.0] * 600)
        self.assertEqual((len(self.done), self.length()), (5, 0))

    def test_a_job_that_fails_to_the_end_is_given_up(self) -> None:
        """At once after the last attempt: somebody may wait for it."""
        self.failure = StoreUnavailable()
        self.push({"Kind": 7})
        self.worker.startService()
        self.clock.pump([0.5] * 200)
        self.assertEqual((len(self.done), self.given_up, self.length()), (5, [7], 0))

    def test_a_job_that_took_its_workers_down_is_given_up(self) -> None:
        """And not worked on again."""
        self.push({"Kind": 7})
        self.exhaust()
        self.worker.startService()
        self.assertEqual((self.done, self.given_up, self.length()), ([], [7], 0))

    def test_giving_up_what_nobody_waits_for(self) -> None:
        """Removes the job."""
        self.push("Quiet")
        self.exhaust()
        self.worker.startService()
        self.assertEqual((self.done, self.given_up, self.length()), ([], [], 0))

    def test_giving_up_is_retried(self) -> None:
        """Where what failed passes by itself."""
        self.sorrow = StoreUnavailable()
        self.push({"Kind": 7})
        self.exhaust()
        self.worker.startService()
        self.assertEqual((self.given_up, self.length()), ([], 1))
        self.sorrow = None
        self.clock.pump([1.0] * 100)
        self.assertEqual((self.done, self.given_up, self.length()), ([], [7], 0))

    def test_giving_up_may_fail_for_good(self) -> None:
        """It is logged, and the job removed."""
        self.sorrow = MediaFailed()
        self.push({"Kind": 8})
        self.exhaust()
        self.worker.startService()
        self.assertEqual((self.given_up, self.length()), ([], 0))
        self.assertEqual(len(self.flushLoggedErrors(MediaFailed)), 1)

    def test_another_failure_is_final(self) -> None:
        """It is logged, and the worker goes on."""
        self.failure = MediaFailed()
        self.push("Kind")
        self.worker.startService()
        self.assertEqual((len(self.done), self.length()), (1, 0))
        self.assertEqual(len(self.flushLoggedErrors(MediaFailed)), 1)
        self.failure = None
        self.push("Kind")
        self.clock.advance(0)
        self.assertEqual(len(self.done), 2)

    def test_what_nobody_understands_is_dropped(self) -> None:
        """An unknown kind, or no kind at all."""
        for payload in ("Other", {"Other": 1}, {"Kind": 1, "Other": 2}, 7, None):
            self.push(payload)
        self.worker.startService()
        self.assertEqual((self.done, self.length()), ([], 0))
        self.assertEqual(len(self.flushLoggedErrors(NotUnderstood)), 5)

    def test_payloads_are_not_logged(self) -> None:
        """They may hold what deletes files."""
        with capturedLogs() as events:
            for payload in ({"Kind": "a secret"}, {"Other": "a secret"}, "Kind"):
                self.push(payload)
            self.worker.startService()
        self.assertEqual(len(self.flushLoggedErrors(NotUnderstood)), 1)
        self.assertNotIn("a secret", "".join(eventAsText(event) for event in events))

    def test_ends_are_logged(self) -> None:
        """By the id of the job, with the name of its kind."""
        self.push({"Kind": 1})
        with capturedLogs() as events:
            self.worker.startService()
        (done,) = (event for event in events if "kind" in event)
        self.assertRegex(eventAsText(done, includeTimestamp=False), r"job \S+ \(Kind\) done")

    def test_jobs_are_counted(self) -> None:
        """By how they end: what is retried is not complete, nor is what failed for good."""
        self.worker.startService()
        for failure in (None, StoreUnavailable(), MediaFailed()):
            self.failure = failure
            self.push("Kind")
            self.clock.advance(0)
        self.flushLoggedErrors(MediaFailed)
        for completed, count in (("true", 1), ("false", 2)):
            labels = {"queue": "cleanup", "completed": completed}
            found = figure(self.metrics.registry, "pict_rs_job_end", **labels)
            self.assertEqual(found, count, completed)

    def test_stopping_waits_for_the_job_at_hand(self) -> None:
        """And takes no other."""
        self.gate = Deferred()
        self.push({"Kind": 1})
        self.push({"Kind": 2})
        self.worker.startService()
        stopped = self.worker.stopService()
        assert stopped is not None
        self.assertNoResult(stopped)
        self.gate.callback(None)
        self.successResultOf(stopped)
        self.assertEqual((self.done, self.length()), ([{"Kind": 1}["Kind"]], 1))

    def test_stopping_an_idle_worker(self) -> None:
        """Ends at once, and leaves nothing on the clock."""
        self.worker.startService()
        stopped = self.worker.stopService()
        assert stopped is not None
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopping_hands_back_what_takes_too_long(self) -> None:
        """The job keeps its attempt, and may be taken at once."""
        self.gate = Deferred()
        self.push("Kind")
        self.worker.startService()
        stopped = self.worker.stopService()
        assert stopped is not None
        self.clock.advance(STOP_LIMIT - 1)
        self.assertNoResult(stopped)
        self.clock.advance(1)
        self.successResultOf(stopped)
        job = self.stolen()
        assert job is not None
        self.assertEqual(job.attempts_left, 4)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_worker_that_takes_breath(self) -> None:
        """Waits between two jobs, but neither before the first nor when it is told to stop."""
        worker = Worker(self.repo, Queue.CLEANUP, {"Kind": Duty(self.duty)}, self.clock, breath=0.5)
        for n in range(3):
            self.push({"Kind": n})
        worker.startService()
        self.assertEqual(self.done, [0])
        self.clock.advance(0.4)
        self.assertEqual(self.done, [0])
        self.clock.advance(0.1)
        self.assertEqual(self.done, [0, 1])
        stopped = worker.stopService()
        assert stopped is not None
        self.successResultOf(stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.done, [0, 1])
