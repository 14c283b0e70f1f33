"""The supervisor's end of one worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from prometheus_client import Metric
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.logger import Logger, globalLogPublisher

import pictd
from pictd.logs.relaying import unpacked
from pictd.model import frames
from pictd.tools.process import ChildProcess, Program
from pictd.workforce.orders import LISTENING, STOP, TELL_FIGURES, Order
from pictd.workforce.reports import EVENT, FIGURES, SERVES, metric

_OURS = ("PICTD_", "PICTRS_")

FIGURES_WITHIN = 2.0
"""Seconds that a worker gets to tell its figures."""


def worker_program(number: int, listening: int) -> Program:
    """How a worker is started. It gets its configuration in its order: what the environment says
    of it is left out.

    :param listening: our descriptor of the socket.
    """
    root = str(Path(pictd.__path__[0]).parent)
    inherited = {k: v for k, v in os.environ.items() if not k.upper().startswith(_OURS)}
    path = os.pathsep.join(filter(None, [root, inherited.get("PYTHONPATH")]))
    argv = [sys.executable, "-P", "-m", "pictd.workforce.worker"]
    environment = {**inherited, "PYTHONPATH": path}
    return Program(f"worker {number}", argv, environment, str(Path.cwd()), {LISTENING: listening})


class WorkerProcess:
    """A worker from its start to its end.

    :param serves: told when it has its database open.
    :param ended: told when nothing of it is left, with the cause.
    :ivar number: the first is 1.
    :ivar order: what it was started with.
    :ivar has_served: whether it ever had its database open.
    """

    _log = Logger()

    def __init__(
        self,
        number: int,
        order: Order,
        serves: Callable[[WorkerProcess], None],
        ended: Callable[[WorkerProcess, str], None],
    ) -> None:
        self.number = number
        self.order = order
        self.has_served = False
        self._serves = serves
        self._ended = ended
        self._child: ChildProcess | None = None
        self._buffer = bytearray()
        self._askers: list[Deferred[Sequence[Metric]]] = []

    @property
    def status(self) -> int | None:
        """With which it ended by itself; None: it runs, or a signal ended it."""
        return None if self._child is None else self._child.status

    def start(self, reactor: IReactorProcess, listening: int) -> None:
        """:raise OSError: there can be no more processes or open files."""
        program = worker_program(self.number, listening)
        child = ChildProcess(program, self._received, self._gone)
        child.start(reactor)
        self._child = child
        self._log.info("worker {worker} is process {pid}", worker=self.number, pid=child.pid)
        self._tell(attrs.asdict(self.order))

    def stop(self) -> None:
        """Ask it to end in order; ``ended`` follows."""
        self._tell(STOP)

    def kill(self) -> None:
        """End it now; ``ended`` follows."""
        if self._child is not None:
            self._child.kill()

    async def figures(self, clock: IReactorTime) -> Sequence[Metric]:
        """What it counts; nothing, where it ends instead.

        :raise TimeoutError: it does not answer in time.
        """
        waiter: Deferred[Sequence[Metric]] = Deferred()
        self._askers.append(waiter)
        self._tell(TELL_FIGURES)
        return await waiter.addTimeout(FIGURES_WITHIN, clock)

    def _tell(self, message: object) -> None:
        if self._child is not None:
            self._child.write(frames.pack(message))

    def _received(self, data: bytes) -> None:
        self._buffer += data
        try:
            for message in frames.unpack(self._buffer):
                assert isinstance(message, dict)
                self._told(message)
        except Exception:
            self._log.failure("Worker {worker} says what is not understood", worker=self.number)
            self.kill()

    def _told(self, message: Mapping[str, Any]) -> None:
        if EVENT in message:
            globalLogPublisher(unpacked(message[EVENT], worker=self.number))
        elif FIGURES in message:
            self._answer([metric(family) for family in message[FIGURES]])
        elif SERVES in message:
            self.has_served = True
            self._serves(self)

    def _answer(self, families: Sequence[Metric]) -> None:
        """The oldest question is answered first, also one that nobody waits for any more."""
        waiter = self._askers.pop(0)
        if not waiter.called:
            waiter.callback(families)

    def _gone(self, cause: str) -> None:
        askers, self._askers = self._askers, []
        for each in askers:
            if not each.called:
                each.callback([])
        self._ended(self, cause)
