"""pictd's fork server, given orders directly: it tells what each child took at its peak."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from pictd.assembly.media import media_settings
from pictd.config.schema import Config
from pictd.model import frames
from pictd.tools import programs
from pictd.tools.forkserver import ChildSettings
from pictd.tools.reports import Report, answer

PIECE = 64 * 1024
SETTINGS = media_settings(Config())
NO_OPERATIONS = ()


@attrs.frozen
class ForkServer:
    """One that has said hello."""

    process: subprocess.Popen[bytes]

    def uploading(self, source: Path) -> int:
        """Bytes that a child took at its peak to make what is stored of an upload, with the pages
        that it shares with all others.

        :raise PictdError: it did not do its work.
        """
        with TemporaryDirectory() as folder:
            order = SETTINGS.normalisation(source, Path(folder), SETTINGS.rules, NO_OPERATIONS)
            return self._peak("normalise", order, source, folder)

    def rendering(self, source: Path, output: str, *operations: tuple[str, str]) -> int:
        """The same of a variant.

        :param output: as in the key of a variant.
        :raise PictdError: it did not do its work.
        """
        with TemporaryDirectory() as folder:
            places = {"source": str(source), "folder": folder}
            drawing: dict[str, object] = {
                "operations": operations,
                "output": output,
                "quality": SETTINGS.quality,
            }
            return self._peak("render", {**places, **drawing}, source, folder)

    def _peak(self, task: str, order: Mapping[str, object], source: Path, folder: str) -> int:
        places = {"reads": [str(source)], "folder": folder}
        report = self._report({"task": task, "arguments": order, **places})
        answer(report, task)
        return report.rss

    def _report(self, order: Mapping[str, object]) -> Report:
        settings = ChildSettings()
        terms = {"run": 0, "limits": settings.limits(), "seconds": settings.seconds}
        assert self.process.stdin is not None
        self.process.stdin.write(frames.pack({**order, **terms}))
        self.process.stdin.flush()
        return Report.from_json(heard(self.process))


@contextmanager
def serving() -> Iterator[ForkServer]:
    """A fork server for as long as the context lasts."""
    program = programs.fork_server(ChildSettings().tasks)
    with subprocess.Popen(
        program.argv,
        env=dict(program.environment),
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        heard(process)
        yield ForkServer(process)


def heard(process: subprocess.Popen[bytes]) -> Mapping[str, object]:
    """The next thing it says.

    :raise EOFError: it ended instead.
    """
    assert process.stdout is not None
    buffer = bytearray()
    while True:
        for message in frames.unpack(buffer):
            assert isinstance(message, dict)
            return message
        piece = os.read(process.stdout.fileno(), PIECE)
        if not piece:
            raise EOFError("the fork server has ended")
        buffer += piece
