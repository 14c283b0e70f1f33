"""The real fork server with misbehaving tasks, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from pictd.metrics import Metrics
from pictd.tools.forkserver import MEBIBYTE, ChildSettings, ForkServerImaging

TASKS = "tests.tools.misbehaviour"


def settings(**changes: Any) -> ChildSettings:
    """Tight limits."""
    tight = {"seconds": 20, "memory": 512 * MEBIBYTE, "file_size": 4 * MEBIBYTE, "tasks": TASKS}
    return ChildSettings(**{**tight, **changes})


def running(process: int) -> bool:
    """Whether a process exists, zombies included."""
    return Path(f"/proc/{process}").exists()


def children_of(process: int) -> list[int]:
    """Process ids of the direct children."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(each) for each in text.split()]


class ChildrenTestCase(TestCase):
    """A folder, and fork servers that are stopped after the test."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir(parents=True)

    def imaging(self, metrics: Metrics | None = None, **changes: Any) -> ForkServerImaging:
        """A fork server with these settings; not started yet."""
        clock = cast(Any, reactor)
        made = ForkServerImaging(clock, clock, settings(**changes), metrics)
        self.addCleanup(lambda: Deferred.fromCoroutine(made.stop()))
        return made

    async def do(
        self, imaging: ForkServerImaging, task: str, *reads: Path, **arguments: object
    ) -> Mapping[str, object]:
        """Run a task in the folder."""
        return await imaging.run(task, arguments, reads, self.folder)

    def begin(self, work: Coroutine[Any, Any, Any]) -> Deferred[Any]:
        """Let something run beside the test."""
        return Deferred.fromCoroutine(work)

    async def until_exists(self, path: Path) -> None:
        """Wait until a child has made a file."""
        for _ in range(500):
            if path.exists():
                return
            await pause(0.01)
        self.fail(f"{path} never came")

    async def until_ended(self, processes: Sequence[int]) -> None:
        """Wait until processes are gone."""
        for _ in range(500):
            if not any(map(running, processes)):
                return
            await pause(0.01)
        self.fail(f"{processes} are still there")


class ProgramTestCase(ChildrenTestCase):
    """Programs of this machine in place of tasks."""

    def setUp(self) -> None:
        """No fork server runs yet."""
        super().setUp()
        self.running: dict[str, ForkServerImaging] = {}

    async def execute(self, *program: str, reads: Sequence[Path] = (), **changes: Any) -> str:
        """Run a program in the folder, by a fork server that then still runs a task.

        :param changes: of its settings.
        """
        kept = str(changes)
        imaging = self.running[kept] = self.running.get(kept) or self.imaging(**changes)
        try:
            return await imaging.execute([found(program[0]), *program[1:]], reads, self.folder)
        finally:
            answer = await self.do(imaging, "echo", word="alive")
            self.assertEqual(answer, {"echo": {"word": "alive"}})


def found(name: str) -> str:
    """The path of a program."""
    path = shutil.which(name)
    assert path is not None
    return path


def pause(seconds: float) -> Deferred[None]:
    """Give the reactor time."""
    done: Deferred[None] = Deferred()
    cast(Any, reactor).callLater(seconds, done.callback, None)
    return done
