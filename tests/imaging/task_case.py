"""Running imaging tasks through JSON, as a parent does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from pictd.imaging.tasks import TASKS
from pictd.model.limits import Bounds, Rules

ANY = Rules(Bounds(), Bounds(), None)
NO_QUALITY: dict[str, dict[str, int]] = {"image": {}, "animation": {}}


class TaskCase(SynchronousTestCase):
    """Runs tasks through JSON, as a parent does."""

    def run_task(self, name: str, data: bytes, **arguments: Any) -> dict[str, Any]:
        """The answer of a task whose ``source`` holds ``data``."""
        folder = Path(self.mktemp())
        folder.mkdir(parents=True)
        source = folder / "upload"
        source.write_bytes(data)
        given = {"source": str(source), "folder": str(folder), **arguments}
        answer = TASKS[name](json.loads(json.dumps(given)))
        return dict(json.loads(json.dumps(answer)))

    def normalise(self, data: bytes, rules: Rules = ANY, **changed: Any) -> dict[str, Any]:
        """The answer of ``normalise`` with defaults."""
        defaults: dict[str, Any] = {
            "image_format": None,
            "animation_format": None,
            "operations": None,
        }
        defaults |= {"quality": NO_QUALITY, "rules": rules.as_json()}
        return self.run_task("normalise", data, **{**defaults, **changed})

    def kept(self, data: bytes, **changed: Any) -> bytes:
        """What ``normalise`` makes of a file."""
        return Path(self.normalise(data, **changed)["result"]["path"]).read_bytes()

    def render(self, data: bytes, output: str, *steps: tuple[str, str]) -> bytes:
        """A variant."""
        answer = self.rendered(data, output, steps)
        return Path(answer["path"]).read_bytes()

    def rendered(
        self, data: bytes, output: str, steps: Sequence[tuple[str, str]] = (), **more: Any
    ) -> dict[str, Any]:
        """What ``render`` tells of a variant."""
        common = {"operations": steps, "output": output, "quality": NO_QUALITY, **more}
        return dict(self.run_task("render", data, **common)["result"])
