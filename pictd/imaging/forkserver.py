"""A process that has everything loaded, and forks a sandboxed child for each job.

How it works: ``python -m pictd.imaging.forkserver MODULE`` imports MODULE, whose ``TASKS`` maps
names to functions from JSON object to JSON object, warms the codecs up and says hello. It then
reads orders from its standard input and writes reports to its standard output (``model.frames``):

    to the daemon    {"hello": {"sandbox": {...}, "missing": [...]}}
    from the daemon  {"run": id, "task", "arguments", "reads", "folder", "limits", "seconds"}
                     {"run": id, "program", "silence", "reads", "folder", "limits", "seconds"}
                     {"kill": id}
    to the daemon    {"id", "outcome", "status", "signal", "cpu", "rss", "output"}

Each order gets exactly one report, after its child has ended and was reaped, so that nothing of it
is alive or writes any more. ``outcome`` is "ok" (``output`` is the text the child wrote), "failed",
"killed", "timeout" or "flood" (it wrote too much). Of a program, ``output`` is the end of what it
wrote, also where it failed, and "hung" means that it wrote nothing for ``silence`` seconds. The
output is passed on unread: a child may have been taken over. The server ends, with its children,
when its input ends or the daemon dies.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import selectors
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import attrs

from pictd.imaging import child, kernel, sandbox, seccomp, warmup
from pictd.imaging.child import Order, Task
from pictd.model import frames

MOST_OUTPUT = 256 * 1024
"""Bytes that a child may answer."""

MOST_WORDS = 32 * 1024
"""Bytes of a program's output that are kept: the last ones."""

_PIECE = 64 * 1024
_NEVER_RAN = {"status": 0, "signal": None, "cpu": 0.0, "rss": 0}


@attrs.define(eq=False)
class Job:
    """A running child.

    :ivar started: on the monotonic clock.
    :ivar heard: when it last wrote.
    :ivar outcome: why it was killed, if it was.
    """

    order: Order
    pid: int
    watch: int
    pipe: int
    started: float = attrs.field(factory=time.monotonic)
    heard: float = attrs.field(factory=time.monotonic)
    outcome: str = ""
    output: bytearray = attrs.field(factory=bytearray)

    def due(self) -> tuple[float, str]:
        """When it is killed if nothing changes, and why."""
        deadline = self.started + self.order.seconds, "timeout"
        if self.order.silence is None:
            return deadline
        return min(deadline, (self.heard + self.order.silence, "hung"))

    def kill(self, outcome: str) -> None:
        """End the child and all that it may have started."""
        self.outcome = self.outcome or outcome
        signal.pidfd_send_signal(self.watch, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def take_output(self) -> bytes | None:
        """Read a piece: empty at the end, None where nothing is there yet."""
        try:
            piece = os.read(self.pipe, _PIECE)
        except BlockingIOError:
            return None
        self.output += piece
        self.heard = time.monotonic()
        if self.order.program:
            del self.output[:-MOST_WORDS]
        elif len(self.output) > MOST_OUTPUT:
            self.kill("flood")
            return b""
        return piece

    def reap(self) -> dict[str, object]:
        """The report on a child that has ended."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.take_output():
            pass
        _, status, used = os.wait4(self.pid, 0)
        os.close(self.watch)
        os.close(self.pipe)
        return self._report(status, used)

    def _report(self, status: int, used: resource.struct_rusage) -> dict[str, object]:
        code = os.waitstatus_to_exitcode(status)
        outcome = self.outcome or ("failed" if code else "ok")
        worth_telling = outcome == "ok" or self.order.program
        return {
            "id": self.order.id,
            "outcome": outcome,
            "status": code,
            "signal": -code if code < 0 else None,
            "cpu": used.ru_utime + used.ru_stime,
            "rss": used.ru_maxrss * 1024,
            "output": self.output.decode(errors="replace") if worth_telling else "",
        }


class Server:
    """Forks, watches and reaps.

    :param tasks: what can be asked for.
    :param orders: file descriptor that the daemon writes to; ``reports`` that it reads.
    """

    def __init__(self, tasks: Mapping[str, Task], orders: int, reports: int) -> None:
        self._tasks = tasks
        self._orders, self._reports = orders, reports
        self._code = sandbox.code_trees()
        self._jobs: dict[int, Job] = {}
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray()
        self._open = True

    def serve(self) -> None:
        """Work until the daemon closes its end, then end all children."""
        self._selector.register(self._orders, selectors.EVENT_READ, self._listen)
        while self._open:
            for key, _ in self._selector.select(self._patience()):
                key.data()
            self._enforce_deadlines()
        for job in self._jobs.values():
            job.kill("killed")
        for job in self._jobs.values():
            job.reap()

    def say(self, message: Mapping[str, object]) -> None:
        """Tell the daemon; where it is gone, serve no longer."""
        data = frames.pack(message)
        try:
            while data:
                data = data[os.write(self._reports, data) :]
        except BrokenPipeError:
            self._open = False

    def _listen(self) -> None:
        data = os.read(self._orders, _PIECE)
        self._open = bool(data)
        self._buffer += data
        for message in frames.unpack(self._buffer):
            assert isinstance(message, dict)
            if "kill" in message:
                self._kill(message["kill"])
            else:
                self._start(_order(message))

    def _kill(self, id: int) -> None:
        if id in self._jobs:
            self._jobs[id].kill("killed")

    def _start(self, order: Order) -> None:
        try:
            self._fork(order)
        except OSError as error:
            told = json.dumps(child.failure(error))
            outcome = "failed" if order.program else "ok"
            self.say({**_NEVER_RAN, "id": order.id, "outcome": outcome, "output": told})

    def _fork(self, order: Order) -> None:
        pipe, answer_to = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            child.live(order, self._tasks, self._code, answer_to, parent)
        os.close(answer_to)
        os.set_blocking(pipe, False)
        job = self._jobs[order.id] = Job(order, pid, os.pidfd_open(pid), pipe)
        self._watch(job.pipe, partial(self._hear, job))
        self._watch(job.watch, partial(self._ended, job))

    def _watch(self, fd: int, act: Callable[[], None]) -> None:
        self._selector.register(fd, selectors.EVENT_READ, act)

    def _hear(self, job: Job) -> None:
        if job.order.id in self._jobs and job.take_output() == b"":
            self._selector.unregister(job.pipe)

    def _ended(self, job: Job) -> None:
        del self._jobs[job.order.id]
        with suppress(KeyError):
            self._selector.unregister(job.pipe)
        self._selector.unregister(job.watch)
        self.say(job.reap())

    def _patience(self) -> float | None:
        """Seconds until the next deadline of a job that is not being killed already."""
        due = [job.due()[0] for job in self._jobs.values() if not job.outcome]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _enforce_deadlines(self) -> None:
        now = time.monotonic()
        for job in self._jobs.values():
            moment, why = job.due()
            if moment <= now and not job.outcome:
                job.kill(why)


def _order(message: Mapping[str, object]) -> Order:
    values = dict(message)
    values["id"] = values.pop("run")
    values["reads"] = [Path(each) for each in values["reads"]]  # type: ignore[attr-defined]
    values["folder"] = None if values["folder"] is None else Path(str(values["folder"]))
    values["limits"] = sandbox.Limits(**values["limits"])  # type: ignore[arg-type]
    return Order(**values)  # type: ignore[arg-type]


def main(module: str) -> None:
    """Serve the tasks of a module on standard input and output."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # the daemon decides when to stop, not its terminal
    tasks = importlib.import_module(module).TASKS
    missing = warmup.warm_up()
    seccomp.prepare()
    gc.collect()
    gc.freeze()
    server = Server(tasks, sys.stdin.fileno(), sys.stdout.fileno())
    server.say({"hello": {"sandbox": sandbox.support(), "missing": missing}})
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1])
