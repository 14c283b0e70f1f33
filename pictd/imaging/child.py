"""What a forked child does: shut itself in, run one task, answer, end; or become a program."""

from __future__ import annotations

import gc
import json
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import attrs

from pictd.imaging import kernel, sandbox

Task = Callable[[dict[str, object]], dict[str, object]]

KNOWN = ("Unreadable", "Unsupported", "Impossible", "MemoryError")
"""Errors of a task that the daemon tells apart, by the name of their class."""

_MOST_TEXT = 500
_MOST_TRACE = 4000
_NICENESS = 5
_CANNOT_RUN = 127
_EXPENDABLE = b"800"


@attrs.frozen
class Order:
    """One job, as the daemon asked for it.

    :ivar program: what to become, with its arguments, in place of a task.
    :ivar folder: where it may write, if anywhere.
    :ivar seconds: wall-clock time from the fork on.
    :ivar silence: seconds without a word from a program, after which it counts as hung.
    """

    id: int
    reads: Sequence[Path]
    folder: Path | None
    limits: sandbox.Limits
    seconds: float
    task: str = ""
    arguments: dict[str, object] = attrs.field(factory=dict)
    program: Sequence[str] = ()
    silence: float | None = None


def live(
    order: Order, tasks: Mapping[str, Task], code: Sequence[Path], answer_to: int, parent: int
) -> NoReturn:
    """Run the order in this process, which was forked for it, and end.

    :param answer_to: the file descriptor that takes the answer as JSON; the only one that stays.
    :param parent: process id of the fork server.
    """
    status = 1
    try:
        gc.disable()  # it lives for one job, and a collection would copy what it shares
        os.setsid()
        kernel.die_with_parent(signal.SIGKILL, parent)
        _go_first()
        _let_go(answer_to)
        _move_into(order.folder)
        if order.program:
            _become(order, answer_to)
        data = json.dumps(_answer(order, tasks, code)).encode()
        while data:
            data = data[os.write(answer_to, data) :]
        status = 0
    finally:
        os._exit(status)


def _answer(order: Order, tasks: Mapping[str, Task], code: Sequence[Path]) -> dict[str, object]:
    try:
        sandbox.enter(order.limits, sandbox.Walls(order.reads, order.folder, code))
        return {"result": tasks[order.task](order.arguments)}
    except BaseException as error:
        return failure(error)


def _become(order: Order, answer_to: int) -> NoReturn:
    """Run the program in this process; what it writes goes to the daemon, as does the reason why
    it can't be run."""
    for standard in (1, 2):
        os.dup2(answer_to, standard)
    path = Path(order.program[0]).resolve()
    walls = sandbox.Walls(order.reads, order.folder, sandbox.system_trees(), path)
    environment = {"LANG": "C.UTF-8", "TMPDIR": tempfile.gettempdir()}
    try:
        sandbox.enter(order.limits, walls)
        os.execve(path, list(order.program), environment)
    except OSError as error:
        os.write(answer_to, str(error).encode())
        os._exit(_CANNOT_RUN)


def failure(error: BaseException) -> dict[str, object]:
    """An exception as JSON: the name that the daemon knows it by, or "other" and its trace."""
    names = [each.__name__ for each in type(error).__mro__ if each.__name__ in KNOWN]
    told = {"error": names[0] if names else "other", "text": str(error)[:_MOST_TEXT]}
    if not names:
        told["trace"] = "".join(traceback.format_exception(error))[-_MOST_TRACE:]
    return {**told}


def _let_go(keep: int) -> None:
    """Close the fork server's own files: its connection to the daemon above all."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


def _go_first() -> None:
    """Where the machine runs out of memory, let this process end, not the daemon."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(_EXPENDABLE)


def _move_into(folder: Path | None) -> None:
    """Work in the job's folder; temporary files go there too."""
    os.nice(_NICENESS)
    if folder is None:
        os.chdir("/")
        return
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = str(folder)
