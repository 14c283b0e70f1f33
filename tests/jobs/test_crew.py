"""Workers that come and go together."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.jobs.crew import Crew
from pictd.jobs.worker import STOP_LIMIT, Duty, Worker
from pictd.model.records import Queue
from pictd.repo.memory import MemoryRepo


class CrewTests(SynchronousTestCase):
    """Two workers, each with a job that does not end."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.repo = MemoryRepo()
        self.begun = 0
        duties = {"Endless": Duty(self.endless)}
        self.crew = Crew([Worker(self.repo, Queue.PROCESS, duties, self.clock) for _ in range(2)])
        for _ in range(3):
            pushed = self.repo.jobs.push(Queue.PROCESS, "Endless", 0)
            self.successResultOf(Deferred.fromCoroutine(pushed))
        self.crew.startService()

    async def endless(self, _: object) -> None:
        """Begins, and never ends."""
        self.begun += 1
        await Deferred()

    def test_they_end_together(self) -> None:
        """After the time that one has, all have handed back what they held."""
        self.crew.dismiss()
        ending = self.crew.stopService()
        assert ending is not None
        self.assertNoResult(ending)
        self.clock.advance(STOP_LIMIT)
        self.successResultOf(ending)
        self.assertEqual(self.begun, 2)
        length = self.repo.jobs.length(Queue.PROCESS)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(length)), 3)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_that_never_began(self) -> None:
        """Ends at once."""
        idle = Crew([])
        idle.dismiss()
        self.assertIsNone(idle.stopService())
        self.crew.stopService()
        self.clock.advance(STOP_LIMIT)
