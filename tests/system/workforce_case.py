"""A server of several workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import treq
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.error import ConnectError

from tests.support.process import ServerProcess, free_port
from tests.support.waiting import until
from tests.system.case import SystemTestCase, blobs, difference, markers, recorded, rows, scratch

COUNT = 2


class WorkforceTestCase(SystemTestCase):
    """With two workers, and a listener for figures."""

    def workforce(self, **more: str) -> ServerProcess:
        """One that was not started yet."""
        self.figures_at = f"http://127.0.0.1:{free_port()}/metrics"
        address = self.figures_at.removeprefix("http://").removesuffix("/metrics")
        return self.server(SERVER__WORKERS=str(COUNT), METRICS__PROMETHEUS_ADDRESS=address, **more)

    async def at_work(self, **more: str) -> ServerProcess:
        """One all of whose workers serve."""
        server = self.workforce(**more)
        await server.restarted()
        await self.all_serve(server)
        return server

    async def all_serve(self, server: ServerProcess) -> None:
        """Wait for that."""

        async def complete() -> bool:
            try:
                found = await self.figures()
            except ConnectError:  # there is no listener yet
                return False
            return found["pictd_workers"].samples[0].value == COUNT

        await until(complete, 30, server.log)

    async def figures(self) -> dict[str, Metric]:
        """By name; what is shown must be valid, and no family be told twice."""
        response = await self.client.get(self.figures_at)
        body: Any = await treq.content(response)
        families = list(text_string_to_metric_families(body.decode()))
        found = {family.name: family for family in families}
        self.assertEqual(len(found), len(families), body)
        return found

    async def assert_unharmed(self, server: ServerProcess) -> None:
        """All jobs get done, and the store holds what the database knows."""
        await self.until(lambda: not rows(server, "SELECT * FROM jobs"), server.log)
        await self.until(lambda: not scratch(server), lambda: scratch(server))
        await self.until(lambda: not markers(server), lambda: markers(server))
        await self.until(lambda: blobs(server) == recorded(server), lambda: difference(server))

    def assert_gone(self, server: ServerProcess, processes: list[int]) -> None:
        """None of these processes is left, and no temporary file."""
        self.assertEqual([each for each in processes if exists(each)], [])
        self.assertEqual(list(server.temporary.iterdir()), [])


def workers(server: ServerProcess) -> list[int]:
    """Process ids of those that run."""
    return [each for each in server.children() if b"pictd.workforce.worker" in command(each)]


def command(process: int) -> bytes:
    """Its command line; empty where it has gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def exists(process: int) -> bool:
    """Whether it is there, zombies included."""
    return Path(f"/proc/{process}").exists()
