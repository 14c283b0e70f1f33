"""A real server, a client for it, and looks at what it leaves on the disk."""

from __future__ import annotations

import io
import json
import mimetypes
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import attrs
import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from tests.support.process import ServerProcess
from tests.support.waiting import until

KEY = {"x-api-token": "key"}
_RECORDED = """
    SELECT identifier FROM hashes UNION SELECT motion FROM hashes WHERE motion IS NOT NULL
    UNION SELECT identifier FROM variants
"""


@attrs.frozen
class Reply:
    """What came back.

    :ivar seconds: from the request to the end of the answer.
    """

    status: int
    headers: Any
    body: bytes = attrs.field(repr=False)
    seconds: float

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of an error."""
        return str(self.json["code"])

    @property
    def entry(self) -> dict[str, Any]:
        """Of the one file that was uploaded."""
        (entry,) = self.json["files"]
        return dict(entry)

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        found: list[str] = self.headers.getRawHeaders(name) or []
        return found[0] if found else None


class SystemTestCase(TestCase):
    """A test with real servers, which are ended after it."""

    timeout = 110.0

    def setUp(self) -> None:
        """A client that keeps no connection."""
        clock = cast(Any, reactor)
        agent = Agent(clock, pool=HTTPConnectionPool(clock, persistent=False))
        self.client = HTTPClient(agent)

    def server(self, **more: str) -> ServerProcess:
        """One that was not started yet.

        :param more: environment variables without their prefix.
        """
        variables = {f"PICTD__{name}": value for name, value in more.items()}
        made = ServerProcess(Path(self.mktemp()).absolute(), variables)
        self.addCleanup(made.end)
        return made

    async def started(self, **more: str) -> ServerProcess:
        """One that serves."""
        made = self.server(**more)
        await made.restarted()
        return made

    async def ask(self, server: ServerProcess, method: str, path: str, **more: Any) -> Reply:
        """One request."""
        clock = cast(Any, reactor)
        began = clock.seconds()
        response = await self.client.request(
            method, server.url + path, allow_redirects=False, **more
        )
        body: bytes = await treq.content(response)
        return Reply(response.code, response.headers, body, clock.seconds() - began)

    async def get(self, server: ServerProcess, path: str, **more: Any) -> Reply:
        """GET."""
        return await self.ask(server, "GET", path, **more)

    async def upload(
        self, server: ServerProcess, data: bytes, query: str = "", name: str = "upload"
    ) -> Reply:
        """POST one file; its type is guessed from its name."""
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        part: Any = (name, kind, io.BytesIO(data))
        return await self.ask(server, "POST", f"/image{query}", files=[("images[]", part)])

    async def uploaded(self, server: ServerProcess, data: bytes) -> str:
        """The alias of a file, which must be taken."""
        reply = await self.upload(server, data)
        self.assertEqual(reply.status, 201, reply.body)
        return str(reply.entry["file"])

    async def until(self, condition: Callable[[], bool], told: Callable[[], object]) -> None:
        """Wait until something holds."""

        async def holds() -> bool:
            return condition()

        await until(holds, 30, told)

    async def assert_well(self, server: ServerProcess) -> None:
        """It serves, nothing of any request is left, and it has one child: the fork server."""

        async def ready() -> bool:  # again, maybe: after a fork server's death tools are looked for
            return (await self.get(server, "/readyz")).status < 300

        await until(ready, 30, server.log)
        self.assertLess((await self.get(server, "/healthz")).status, 300, server.log())
        await self.until(lambda: not scratch(server), lambda: scratch(server))
        await self.until(lambda: not markers(server), lambda: markers(server))
        await self.until(lambda: len(server.children()) == 1, server.children)
        await self.until(lambda: blobs(server) == recorded(server), lambda: difference(server))


def blobs(server: ServerProcess) -> set[str]:
    """Identifiers of the files in the store, some of which may be going just now."""
    walk = os.walk(server.files)  # unlike rglob it passes over folders that have gone
    found = [
        Path(folder, name).relative_to(server.files) for folder, _, names in walk for name in names
    ]
    return {str(path) for path in found if path.parts[0] != ".pictd"}


def recorded(server: ServerProcess) -> set[str]:
    """Identifiers that the database knows."""
    return {row[0] for row in rows(server, _RECORDED)}


def rows(server: ServerProcess, sql: str) -> list[tuple[Any, ...]]:
    """What the database says."""
    with closing(sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def difference(server: ServerProcess) -> str:
    """Between the store and the database."""
    files, records = blobs(server), recorded(server)
    return f"only in the store: {files - records}; only in the database: {records - files}"


def markers(server: ServerProcess) -> list[str]:
    """What the store's own folder holds."""
    return [path.name for path in (server.files / ".pictd").glob("*")]


def scratch(server: ServerProcess) -> list[str]:
    """What is in the temporary directory, but the folder of the server itself."""
    return [str(path) for path in server.temporary.glob("pictd/*/*")]


def memory(process: int) -> dict[str, int]:
    """Bytes, by the names of ``/proc/PID/status``."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = (line.split() for line in lines if line.endswith("kB"))
    return {name.rstrip(":"): int(count) * 1024 for name, count, _ in found}
