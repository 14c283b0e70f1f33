"""The daemon's end of one running fork server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.logger import Logger

from pictd.errors import MediaFailed
from pictd.model import frames
from pictd.tools.process import ChildProcess, Program
from pictd.tools.reports import Report

START_LIMIT = 30.0
"""Seconds until a new server must have said hello."""

STOP_LIMIT = 5.0
"""Seconds until a server that was asked to end is killed."""

REPORT_LIMIT = 5.0
"""Seconds beyond a job's own deadline until its server must have reported it."""


@attrs.define(eq=False)
class Pending:
    """A job that the server has.

    :ivar answer: fires with the report; may be cancelled.
    :ivar guard: what happens if the server does not report.
    :ivar reaped: called when nothing of the child is left.
    """

    id: int
    guard: IDelayedCall
    reaped: Callable[[], None]
    answer: Deferred[Report] = attrs.field(factory=Deferred)
    _watchers: list[Deferred[None]] = attrs.field(factory=list)

    async def gone(self) -> None:
        """Wait until the child is reaped; any number may."""
        waiter: Deferred[None] = Deferred()
        self._watchers.append(waiter)
        await waiter

    def settle(self, result: Report | MediaFailed) -> None:
        """The job is over."""
        if self.guard.active():
            self.guard.cancel()
        if not self.answer.called:
            if isinstance(result, Report):
                self.answer.callback(result)
            else:
                self.answer.errback(result)
        self.reaped()
        for each in self._watchers:
            if not each.called:
                each.callback(None)


class Connection:
    """A server from its start to its end. It says hello before it takes jobs.

    :param program: how to start it.
    :param closed: called once, when it has ended.
    :ivar hello: what it said of itself; None before.
    """

    _log = Logger()

    def __init__(
        self, clock: IReactorTime, program: Program, closed: Callable[[Connection], None]
    ) -> None:
        self.hello: Mapping[str, object] | None = None
        self._clock = clock
        self._process = ChildProcess(program, self._received, self._ended)
        self._closed = closed
        self._buffer = bytearray()
        self._ids = count()
        self._pending: dict[int, Pending] = {}
        self._greeting: list[Deferred[None]] = []
        self._ending: list[Deferred[None]] = []
        self._limit: IDelayedCall | None = None

    def open(self, reactor: IReactorProcess) -> None:
        """Start the server.

        :raise OSError: there can be no more processes or open files.
        """
        self._process.start(reactor)
        self._kill_after(START_LIMIT)

    async def ready(self) -> None:
        """Wait for its hello.

        :raise MediaFailed: it ended instead.
        """
        if self.hello is None:
            waiter: Deferred[None] = Deferred()
            self._greeting.append(waiter)
            await waiter

    def submit(
        self, order: Mapping[str, object], seconds: float, reaped: Callable[[], None]
    ) -> Pending:
        """Give it a job.

        :param order: as ``pictd.imaging.forkserver`` takes it, without ``run`` and ``seconds``.
        :param reaped: called once, when nothing of the child is left.
        """
        id = next(self._ids)
        guard = self._clock.callLater(seconds + REPORT_LIMIT, self._process.kill)
        pending = self._pending[id] = Pending(id, guard, reaped)
        self._process.write(frames.pack({**order, "run": id, "seconds": seconds}))
        return pending

    def kill(self, pending: Pending) -> None:
        """End a job's child; its report follows."""
        if pending.id in self._pending:
            self._process.write(frames.pack({"kill": pending.id}))

    async def close(self) -> None:
        """Ask it to end with all its children, and wait until it has."""
        waiter: Deferred[None] = Deferred()
        self._ending.append(waiter)
        self._kill_after(STOP_LIMIT)
        self._process.finish()
        await waiter

    def _received(self, data: bytes) -> None:
        self._buffer += data
        try:
            for message in frames.unpack(self._buffer):
                assert isinstance(message, dict)
                self._told(message)
        except Exception:
            self._log.failure("The fork server sent what can't be understood")
            self._process.kill()

    def _told(self, message: Mapping[str, object]) -> None:
        if "hello" in message:
            self._greeted(message["hello"])
        else:
            report = Report.from_json(message)
            self._pending.pop(report.id).settle(report)

    def _greeted(self, hello: object) -> None:
        assert isinstance(hello, dict)
        self.hello = hello
        self._clear_limit()
        waiters, self._greeting = self._greeting, []
        for each in waiters:
            if not each.called:
                each.callback(None)

    def _ended(self, cause: str) -> None:
        self._clear_limit()
        self._closed(self)
        lost = MediaFailed(f"The process that runs media work ended: {cause}")
        for pending in list(self._pending.values()):
            pending.settle(lost)
        self._pending.clear()
        for greeting in self._greeting:
            if not greeting.called:
                greeting.errback(lost)
        for each in self._ending:
            each.callback(None)

    def _kill_after(self, seconds: float) -> None:
        self._clear_limit()
        self._limit = self._clock.callLater(seconds, self._process.kill)

    def _clear_limit(self) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()
