"""Children that answer what the test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
from zope.interface import implementer

from pictd.interfaces.media import IImaging

Answer = Callable[[Mapping[str, object], Path | None], Mapping[str, object]]
Execution = Callable[[Sequence[str], Path | None], str]


def _silent(program: Sequence[str], folder: Path | None) -> str:
    return ""


@implementer(IImaging)
@attrs.define
class ScriptedImaging:
    """``IImaging`` without processes.

    :ivar answers: by task; called with the arguments and the folder, and may raise.
    :ivar orders: what was asked: (task, arguments, reads, folder).
    :ivar execution: what programs do; called with program and folder, and may raise.
    :ivar programs: what was executed.
    :ivar lacking: what ``missing`` tells.
    """

    answers: dict[str, Answer] = attrs.field(factory=dict)
    orders: list[tuple[str, Mapping[str, object], Sequence[Path], Path | None]] = attrs.field(
        factory=list
    )
    execution: Execution = _silent
    programs: list[Sequence[str]] = attrs.field(factory=list)
    lacking: list[str] = attrs.field(factory=list)
    running: bool = False

    async def start(self) -> None:
        """From now on ``running``."""
        self.running = True

    async def stop(self) -> None:
        """No longer ``running``."""
        self.running = False

    def missing(self) -> Sequence[str]:
        """What the test set."""
        return self.lacking

    async def run(
        self, task: str, arguments: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Mapping[str, object]:
        """The scripted answer."""
        self.orders.append((task, arguments, reads, folder))
        return self.answers[task](arguments, folder)

    async def execute(
        self, program: Sequence[str], reads: Sequence[Path], folder: Path | None
    ) -> str:
        """What the test says."""
        self.programs.append(program)
        return self.execution(program, folder)
