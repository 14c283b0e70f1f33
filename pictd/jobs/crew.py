"""All workers of a process, which come and go together."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred

from pictd.jobs.worker import Worker


class Crew(Service):
    """Starts and stops workers at the same time, so that stopping takes as long as the slowest."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._ending: Deferred[None] | None = None

    def startService(self) -> None:
        """Let all begin."""
        super().startService()
        for worker in self._workers:
            worker.startService()

    def dismiss(self) -> None:
        """Have the workers end what they are at, and take nothing new; does not wait for that. A
        second call does nothing."""
        if self._ending is None and self.running:
            endings = [maybeDeferred(worker.stopService) for worker in self._workers]
            self._ending = gatherResults(endings).addCallback(lambda _: None)

    def stopService(self) -> Deferred[None] | None:
        """Dismiss the workers if that was not done before; fires when all have ended."""
        self.dismiss()
        super().stopService()
        return self._ending
