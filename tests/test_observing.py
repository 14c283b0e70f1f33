"""What an operator sees of a running server: its figures."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, cast

import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from tests.support.process import ServerProcess, free_port
from tests.support.samples import still

KEY = "the-operators-key"


class ObservingTests(TestCase):
    """A real server with a listener for metrics."""

    timeout = 110

    async def start(self) -> None:
        """Have it serve."""
        clock = cast(Any, reactor)
        self.figures = f"http://127.0.0.1:{free_port()}"
        self.client = HTTPClient(Agent(clock, pool=HTTPConnectionPool(clock, persistent=False)))
        more = {
            "SERVER__API_KEY": KEY,
            "METRICS__PROMETHEUS_ADDRESS": self.figures.removeprefix("http://"),
        }
        variables = {f"PICTD__{name}": value for name, value in more.items()}
        self.server = ServerProcess(Path(self.mktemp()).absolute(), variables)
        self.addCleanup(self.server.end)
        await self.server.restarted()

    async def ask(self, method: str, url: str, **more: Any) -> bytes:
        """The body of an answer."""
        headers: Any = {"x-api-token": KEY}
        response = await self.client.request(method, url, headers=headers, **more)
        body: bytes = await treq.content(response)
        return body

    async def upload(self) -> Any:
        """One picture; its entry."""
        part: Any = ("a.png", "image/png", io.BytesIO(still("png")))
        url = f"{self.server.url}/image"
        return json.loads(await self.ask("POST", url, files=[("images[]", part)]))["files"][0]

    async def test_the_figures(self) -> None:
        """They are on their own listener, and not on that of the public."""
        await self.start()
        await self.upload()
        text = (await self.ask("GET", f"{self.figures}/metrics")).decode()
        for line in (
            'pict_rs_request_end{path="Some(\\"/image\\")",status="201 Created"} 1.0',
            'pict_rs_files{upload="inline"} 1.0',
            'pict_rs_ingest_end{completed="true"} 1.0',
            'pict_rs_process_end{command="normalise",completed="true"} 1.0',
            "pictd_children_waiting 0.0",
            'pictd_queue_length{queue="cleanup"} 0.0',
        ):
            self.assertIn(f"\n{line}\n", text)
        self.assertEqual(await self.ask("GET", f"{self.figures}/health"), b"OK")
        self.assertEqual(await self.ask("GET", f"{self.server.url}/metrics"), b"")
