"""The real server in a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import attrs
from twisted.internet.threads import deferToThread

from tests.support.waiting import pause, until

STARTS_WITHIN = 60.0
"""Seconds until the server must answer."""

STOPS_WITHIN = 40.0
"""Seconds until a server that was told to end must have ended."""


COMMAND = (sys.executable, "-c", "from pictd.tap import main; main()", "run")


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def descendants(process: int) -> list[int]:
    """Process ids of all that a process has started and that is not reaped."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for each in (task / "children").read_text().split():
                found += [int(each), *descendants(int(each))]
    return found


@attrs.define
class ServerProcess:
    """``twistd pictd run`` with everything below one folder.

    :ivar more: further environment variables.
    """

    folder: Path
    more: dict[str, str] = attrs.field(factory=dict)
    port: int = attrs.field(factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def temporary(self) -> Path:
        """``server.temporary_directory``."""
        return self.folder / "tmp"

    @property
    def files(self) -> Path:
        """``store.path``."""
        return self.folder / "files"

    @property
    def database(self) -> Path:
        """``repo.path``."""
        return self.folder / "pictd.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """What the server, and whoever runs beside it, is started with."""
        own = {
            "PICTD__SERVER__ADDRESS": f"127.0.0.1:{self.port}",
            "PICTD__SERVER__API_KEY": "key",
            "PICTD__SERVER__TEMPORARY_DIRECTORY": str(self.temporary),
            "PICTD__REPO__TYPE": "sqlite",
            "PICTD__REPO__PATH": str(self.database),
            "PICTD__REPO__EXPORT_PATH": str(self.database.with_name("exports")),
            "PICTD__STORE__PATH": str(self.files),
            "PYTHONPATH": os.pathsep.join(filter(None, [_root(), os.environ.get("PYTHONPATH")])),
        }
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PICTD__", "PICTRS__"))}
        return plain | own | self.more

    def start(self, command: Sequence[str] = COMMAND) -> None:
        """Begin to start; ``ready`` tells when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.temporary.exists():
            self.temporary.mkdir()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self) -> None:
        """Wait until it serves with everything that it needs.

        :raise AssertionError: it ended instead, or takes too long.
        """
        await until(self._is_ready, STARTS_WITHIN, self.log)

    async def restarted(self) -> None:
        """Start, and wait until it serves."""
        self.start()
        await self.ready()

    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Of the daemon."""
        assert self.process is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process is not None and self.process.poll() is None

    def children(self) -> list[int]:
        """Process ids of all that the daemon has started, zombies included."""
        return descendants(self.pid)

    def kill(self) -> None:
        """As a crash would: the daemon and all of its children at once."""
        assert self.process is not None
        children = self.children()
        for each in (self.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.tell_to_stop()
        return await self.ended()

    def tell_to_stop(self) -> None:
        """SIGTERM."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for its end; the exit status."""
        assert self.process is not None
        return await deferToThread(self.process.wait, STOPS_WITHIN)

    def end(self) -> None:
        """Whatever state it is in."""
        if self.is_running:
            self.kill()

    async def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.log()}")
        await pause(0.02)
        return await deferToThread(self._answers)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 204
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _root() -> str:
    """Where ``pictd`` lies."""
    return str(Path(__file__).resolve().parents[2])
