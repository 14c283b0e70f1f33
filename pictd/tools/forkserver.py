"""Imaging in sandboxed children, through a fork server that is started when first needed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from pictd.errors import MediaFailed
from pictd.interfaces.media import IImaging
from pictd.metrics import Metrics
from pictd.tools import programs, reports
from pictd.tools.connection import Connection, Pending
from pictd.tools.gate import Gate
from pictd.tools.reports import Outcome, Report

MEBIBYTE = 1024 * 1024
_FIRST_DELAY, _LONGEST_DELAY = 0.2, 10.0
_MOST_DEATHS = 10


@attrs.frozen
class ChildSettings:
    """How imaging children run.

    :ivar seconds: wall-clock time of a task; its processor time is bounded by the same number.
    :ivar memory: bytes that a task may use.
    :ivar file_size: bytes of any one file that a task may write.
    :ivar silence: seconds without a word after which a program counts as hung.
    :ivar concurrent: tasks at the same time.
    :ivar waiting: tasks that may wait for their turn.
    :ivar tasks: the module that holds them.
    """

    seconds: float = 30.0
    memory: int = 1024 * MEBIBYTE
    file_size: int = 1024 * MEBIBYTE
    silence: float = 30.0
    concurrent: int = attrs.field(factory=lambda: max(1, len(os.sched_getaffinity(0))))
    waiting: int = 64
    tasks: str = "pictd.imaging.tasks"

    def limits(self, threads: int = 1) -> dict[str, int]:
        """As the fork server takes them.

        :param threads: that may work at the same time.
        """
        cpu = max(1, round(self.seconds)) * threads
        return {"memory": self.memory, "cpu": cpu, "file_size": self.file_size}


@implementer(IImaging)
class ForkServerImaging:
    """Runs tasks through one fork server.

    The server is started by the first task, or by ``start``. If it dies, its tasks fail and another
    is started, after a delay that grows with each death in a row; new tasks wait for that.

    :param metrics: None: nobody reads them.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: IReactorProcess,
        clock: IReactorTime,
        settings: ChildSettings,
        metrics: Metrics | None = None,
    ) -> None:
        self._reactor, self._clock, self._settings = reactor, clock, settings
        self._gate = gate = Gate(clock, settings.concurrent, settings.waiting)
        self._metrics = metrics or Metrics()
        self._metrics.gauge("pictd_children", "Children at work", lambda: gate.inside)
        self._metrics.gauge("pictd_children_waiting", "Work that waits", lambda: gate.waiting)
        self._connection: Connection | None = None
        self._restart: IDelayedCall | None = None
        self._restarting: list[Deferred[None]] = []
        self._deaths = 0
        self._stopped = False
        self._hello: Mapping[str, object] = {}

    async def start(self) -> None:
        """Have the server ready.

        :raise MediaFailed: it does not start.
        """
        await self._ready()

    async def stop(self) -> None:
        """End the server and its children, and wait until they are reaped. Tasks fail."""
        self._stopped = True
        self._gate.close(_stopping())
        if self._restart is not None:
            self._restart.cancel()
            self._restarted()
        if self._connection is not None:
            await self._connection.close()

    def missing(self) -> Sequence[str]:
        """What does not work on this machine, or not now."""
        found = self._hello.get("missing")
        names = [str(each) for each in found] if isinstance(found, list) else []
        running = self._connection is not None and self._connection.hello is not None
        return names if running else [*names, "imaging children"]

    async def run(
        self, task: str, arguments: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Mapping[str, object]:
        """See ``IImaging``. Cancelling kills the child, and waits until it is reaped.

        :param folder: None: the task may write nowhere.
        """
        order = {"task": task, "arguments": arguments, "limits": self._settings.limits()}
        return reports.answer(await self._report(order, reads, folder), task)

    async def execute(
        self, program: Sequence[str], reads: Sequence[Path], folder: Path | None
    ) -> str:
        """See ``IImaging``. Cancelling kills the program, and waits until it is reaped."""
        settings = self._settings
        limits = settings.limits(threads=len(os.sched_getaffinity(0)))
        order = {"program": list(program), "silence": settings.silence, "limits": limits}
        return reports.words(await self._report(order, reads, folder), program[0])

    async def _report(
        self, what: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Report:
        """Have an order carried out."""
        places = {"reads": [str(each) for each in reads], "folder": folder and str(folder)}
        connection, pending = await self._submit({**what, **places})
        command = _command(what)
        with self._metrics.children.running(command=command) as run:
            try:
                report = await pending.answer
            except CancelledError:
                connection.kill(pending)
                await pending.gone()
                raise
            run.completed = report.outcome is Outcome.OK
        self._metrics.children_cpu.observe(report.cpu, command=command)
        self._deaths = 0
        return report

    async def _submit(self, order: Mapping[str, object]) -> tuple[Connection, Pending]:
        """Give a task to the server when its turn comes; the place is free again when the child is
        reaped."""
        await self._gate.enter()
        try:
            connection = await self._ready()
            return connection, connection.submit(order, self._settings.seconds, self._gate.leave)
        except BaseException:
            self._gate.leave()
            raise

    async def _ready(self) -> Connection:
        """A server that has said hello."""
        if self._restart is not None:
            waiter: Deferred[None] = Deferred()
            self._restarting.append(waiter)
            await waiter
        if self._stopped:
            raise _stopping()
        connection = self._connection or self._open()
        await connection.ready()
        self._greet(connection)
        return connection

    def _open(self) -> Connection:
        connection = Connection(self._clock, programs.fork_server(self._settings.tasks), self._lost)
        try:
            connection.open(self._reactor)
        except OSError as error:
            self._lost(connection)
            raise MediaFailed(f"Media processing can't start: {error}") from error
        self._connection = connection
        return connection

    def _greet(self, connection: Connection) -> None:
        """Look at a server's hello; the first one is told to the operator."""
        if connection.hello is None or self._hello:
            return
        self._hello = connection.hello
        sandbox, missing = self._hello.get("sandbox"), self._hello.get("missing")
        self._log.info("Imaging children are ready; sandbox: {sandbox}", sandbox=sandbox)
        if not isinstance(sandbox, dict) or not all(sandbox.values()):
            self._log.warn("This kernel can't isolate imaging children fully: {on}", on=sandbox)
        if missing:
            self._log.warn("Imaging lacks {missing}", missing=missing)

    def _lost(self, connection: Connection) -> None:
        """A server has ended: start the next one, later after each death in a row."""
        self._connection = None
        if self._stopped:
            return
        delay = min(_FIRST_DELAY * 2**self._deaths, _LONGEST_DELAY)
        self._deaths = min(self._deaths + 1, _MOST_DEATHS)
        self._restart = self._clock.callLater(delay, self._start_again)
        self._log.error("The fork server for imaging died; the next starts in {s} s", s=delay)

    def _start_again(self) -> None:
        self._restarted()
        with suppress(MediaFailed):
            self._connection = self._connection or self._open()

    def _restarted(self) -> None:
        """Wake those who wait for the next server."""
        self._restart = None
        waiting, self._restarting = self._restarting, []
        for each in waiting:
            if not each.called:
                each.callback(None)


def _command(order: Mapping[str, object]) -> str:
    """The name of the task, or of the program."""
    program = order.get("program")
    return Path(str(program[0])).name if isinstance(program, list) else str(order["task"])


def _stopping() -> MediaFailed:
    return MediaFailed("Media processing is being stopped")
