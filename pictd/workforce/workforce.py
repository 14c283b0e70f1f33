"""The workers, kept in number.

How it works: the first worker is started alone. When it has its database open, or after
``REST_AFTER`` seconds in which that is away, the others follow: so a database that no worker can
use is told of once. Whoever dies is followed by another, later after each death of one that never
served. Where none serves, and one has said that it can't, all end: it is for the operator to mend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from pictd.workforce.process import WorkerProcess

REST_AFTER = 5.0
"""Seconds until the other workers are started where the first does not serve yet."""

STOP_WITHIN = 50.0
"""Seconds until a worker that was told to end is killed: more than it needs by its own rules, and
less than service managers wait."""

MOST_FAILURES = 10
"""Deaths in a row of workers that never served, after which no other is tried if none serves."""

_FIRST_DELAY, _LONGEST_DELAY = 0.2, 10.0

Serves = Callable[[WorkerProcess], None]
Ended = Callable[[WorkerProcess, str], None]


class Hiring(Protocol):
    """Where workers come from."""

    def hire(self, number: int, serves: Serves, ended: Ended) -> WorkerProcess:
        """Start the worker of that number.

        :raise OSError: there can be no more processes or open files.
        """

    def close(self) -> None:
        """No more are hired, and what they accept connections from is closed."""

    async def clear(self, worker: WorkerProcess) -> None:
        """Remove what a worker that has ended has left behind."""

    def give_up(self) -> None:
        """None can serve: have everything stop."""


class Workforce(Service):
    """:param count: how many workers there are to be.

    :ivar workers: those that run, by number.
    :ivar deaths: how many have ended without being told to.
    """

    _log = Logger()

    def __init__(self, reactor: Any, count: int, hiring: Hiring) -> None:
        self.workers: dict[int, WorkerProcess] = {}
        self.deaths = 0
        self._reactor = reactor
        self._count = count
        self._hiring = hiring
        self._failures = 0
        self._has_given_up = False
        self._rest: IDelayedCall | None = None
        self._replacements: dict[int, IDelayedCall] = {}
        self._clearing = 0
        self._empty: Deferred[None] = Deferred()

    @property
    def serving(self) -> int:
        """How many have their database open."""
        return sum(worker.has_served for worker in self.workers.values())

    def startService(self) -> None:
        """Start the first worker when the reactor runs: before, its end would not be noticed."""
        super().startService()
        self._reactor.callWhenRunning(self._begin)

    def stopService(self) -> Deferred[None]:
        """Have all workers end in order; fires when none is left. To be called once."""
        super().stopService()
        self._hiring.close()
        for call in filter(None, (self._rest, *self._replacements.values())):
            call.cancel()
        limit = self._reactor.callLater(STOP_WITHIN, self._kill)
        for worker in self.workers.values():
            worker.stop()
        self._tell_if_empty()
        return self._empty.addBoth(_call_off, limit)

    def _begin(self) -> None:
        if self.running:
            self._rest = self._reactor.callLater(REST_AFTER, self._begin_others)
            self._hire(1)

    def _begin_others(self) -> None:
        self._rest = None
        for number in range(2, self._count + 1):
            self._hire(number)

    def _hire(self, number: int) -> None:
        self._replacements.pop(number, None)
        try:
            self.workers[number] = self._hiring.hire(number, self._has_served, self._has_ended)
        except OSError as error:
            self._failures += 1
            self._replace(number, str(error))

    def _has_served(self, worker: WorkerProcess) -> None:
        self._failures = 0
        if self._rest is not None:
            self._rest.cancel()
            self._begin_others()

    def _has_ended(self, worker: WorkerProcess, cause: str) -> None:
        del self.workers[worker.number]
        self._clearing += 1
        clearing = Deferred.fromCoroutine(self._hiring.clear(worker))
        clearing.addBoth(self._has_left, worker, cause)

    def _has_left(self, result: object, worker: WorkerProcess, cause: str) -> None:
        self._clearing -= 1
        if not self.running:
            self._tell_if_empty()
        elif not self._has_given_up:
            self.deaths += 1
            self._failures += not worker.has_served
            self._go_on_without(worker, cause)

    def _go_on_without(self, worker: WorkerProcess, cause: str) -> None:
        if self._is_hopeless(worker):
            self._has_given_up = True
            self._log.critical(
                "worker {worker} can't serve, and no other does", worker=worker.number
            )
            self._hiring.give_up()
        else:
            self._replace(worker.number, cause)

    def _is_hopeless(self, worker: WorkerProcess) -> bool:
        """Whether it is of no use to start another one."""
        refused = worker.status is not None and worker.status != 0 and not worker.has_served
        return not self.serving and (refused or self._failures >= MOST_FAILURES)

    def _replace(self, number: int, cause: str) -> None:
        delay = min(_FIRST_DELAY * 2**self._failures, _LONGEST_DELAY)
        text = "worker {worker} ended: {cause} The next starts in {seconds} s"
        self._log.error(text, worker=number, cause=cause, seconds=delay)
        self._replacements[number] = self._reactor.callLater(delay, self._hire, number)

    def _tell_if_empty(self) -> None:
        if not self.workers and not self._clearing:
            self._empty.callback(None)

    def _kill(self) -> None:
        for worker in list(self.workers.values()):
            self._log.error("worker {worker} does not end, and is killed", worker=worker.number)
            worker.kill()


def _call_off(result: None, limit: IDelayedCall) -> None:
    if limit.active():
        limit.cancel()
