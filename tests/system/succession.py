"""A server on what pict-rs has left, with the configuration file that pict-rs had."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.utils import getProcessOutputAndValue

from tests.support.process import ServerProcess, descendants
from tests.support.takeover import unpacked
from tests.system.case import KEY, SystemTestCase

CONSOLE = (sys.executable, "-c", "from pictd.tap import main; main()")
_FILE = """\
[server]
address = "127.0.0.1:{port}"
read_only = {read_only}
danger_dummy_mode = false
max_file_count = 1
temporary_directory = "{folder}/tmp"
api_key = "key"

[client]
timeout = 30

[metrics]

[tracing.logging]
format = "normal"
targets = "info"
log_spans = false

[tracing.console]
buffer_capacity = 102400

[tracing.opentelemetry]
service_name = "pict-rs"
targets = "info"

[old_repo]
path = "/mnt"

[media]
max_file_size = 40
process_timeout = 30
filters = ["blur", "crop", "identity", "resize", "thumbnail"]

[media.retention]
variants = "7d"
proxy = "7d"

[repo]
type = "sled"
path = "{folder}/sled"
cache_capacity = 67108864
export_path = "{folder}/exports"

[store]
type = "filesystem"
path = "{folder}/files"
"""


@attrs.define
class Successor(ServerProcess):
    """What is started in pict-rs's stead.

    :ivar read_only: as its configuration says.
    """

    read_only: bool = False

    @property
    def sled(self) -> Path:
        """Where pict-rs's database lies."""
        return self.folder / "sled"

    @property
    def database(self) -> Path:
        """Where it is to be found afterwards."""
        return self.sled / "pictd.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing but what a test asks for."""
        inherited = super().environment
        own = {name for name in inherited if name.startswith("PICTD__")} - self.more.keys()
        return {name: value for name, value in inherited.items() if name not in own}

    @property
    def words(self) -> list[str]:
        """With which every command begins; the file is written anew."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        file, read_only = self.folder / "pict-rs.toml", str(self.read_only).lower()
        text = _FILE.format(port=self.port, folder=self.folder, read_only=read_only)
        file.write_text(text)
        return [*CONSOLE, "-c", str(file)]

    def begin(self, *words: str, before: tuple[str, ...] = ()) -> None:
        """Start.

        :param words: that follow ``run``.
        :param before: a program that starts it.
        """
        self.start([*before, *self.words, "run", *words])

    def legacy(self) -> dict[str, tuple[int, str]]:
        """Every file of pict-rs's database: its time, and a digest of it."""
        files = (path for path in self.sled.glob("v0.*/**/*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, _digest(path)) for path in files}

    def made(self) -> list[str]:
        """What is beside pict-rs's database."""
        return sorted(path.name for path in self.sled.iterdir() if not path.is_dir())


class SuccessionTestCase(SystemTestCase):
    """Servers where pict-rs has been."""

    def successor(self, fixture: str | None = None, **more: str) -> Successor:
        """Not started yet.

        :param fixture: what pict-rs has left; None: for the test to make.
        :param more: environment variables without their prefix.
        """
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        variables = {f"PICTD__{name}": value for name, value in more.items()}
        made = Successor(folder, variables)
        self.addCleanup(made.end)
        if fixture is not None:
            unpacked(fixture, folder)
        return made

    async def command(self, server: Successor, *words: str) -> tuple[str, str, int]:
        """(standard output, standard error, exit status)."""
        program, *rest = [*server.words, *words]
        out, err, status = await getProcessOutputAndValue(
            program, rest, server.environment, str(server.folder)
        )
        self.assertNotIn(b"Traceback", out + err)
        return out.decode(), err.decode(), status

    async def refused(self, server: Successor, *words: str) -> str:
        """What a server says that does not start; it leaves no database, and no children."""
        server.begin(*words)
        self.assertEqual(await server.ended(), 1, server.log())
        self.assertLessEqual(set(server.made()), {"pictd.sqlite3-lease"})
        self.assertEqual(descendants(server.pid), [])
        return server.log()

    async def asked(self, server: ServerProcess, path: str, **query: str) -> Any:
        """The JSON of an answer, which must be one of success."""
        reply = await self.get(server, path, params=query, headers=KEY)
        self.assertEqual(reply.status, 200, (path, query, reply.body))
        return reply.json


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
