"""What every part that orders work from children needs of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol


class Children(Protocol):
    """``IImaging`` with a life."""

    async def start(self) -> None:
        """:raise MediaFailed: it does not start."""

    async def stop(self) -> None:
        """End all children."""

    def missing(self) -> Sequence[str]:
        """What does not work on this machine, or not now."""

    async def run(
        self, task: str, arguments: Mapping[str, object], reads: Sequence[Path], folder: Path | None
    ) -> Mapping[str, object]:
        """See ``IImaging``; without a folder, the task may write nowhere."""

    async def execute(
        self, program: Sequence[str], reads: Sequence[Path], folder: Path | None
    ) -> str:
        """See ``IImaging``."""
