"""What an operator sees of a running server: its log, and its figures."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import treq
from treq.client import HTTPClient
from twisted.internet import reactor
from twisted.trial.unittest import TestCase
from twisted.web.client import Agent, HTTPConnectionPool

from tests.support.process import ServerProcess, free_port
from tests.support.samples import still

KEY = "the-operators-key"


class ObservingTests(TestCase):
    """A real server that logs every request as JSON, and has a listener for metrics."""

    timeout = 110

    async def start(self) -> None:
        """Have it serve."""
        clock = cast(Any, reactor)
        self.figures = f"http://127.0.0.1:{free_port()}"
        self.client = HTTPClient(Agent(clock, pool=HTTPConnectionPool(clock, persistent=False)))
        more = {
            "SERVER__API_KEY": KEY,
            "TRACING__LOGGING__FORMAT": "json",
            "TRACING__LOGGING__LOG_REQUESTS": "true",
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

    async def ask_for_others(self, query: str = "") -> None:
        """Have it ask another server, which it won't: once to keep, once to show."""
        url = f"http://127.0.0.1/a.png{query}"
        for asked in ("/image/download?url=", "/image/original?proxy="):
            await self.ask("GET", f"{self.server.url}{asked}{quote(url, '')}")

    async def test_the_log(self) -> None:
        """Every line is JSON; requests and jobs are in it, and nothing that opens or deletes."""
        await self.start()
        entry = await self.upload()
        token, alias = entry["delete_token"], entry["file"]
        await self.ask("GET", f"{self.server.url}/image/delete/wrong/{alias}")
        await self.ask("DELETE", f"{self.server.url}/image/delete/{token}/{alias}")
        await self.ask("DELETE", f"{self.server.url}/internal/variants")
        await self.ask_for_others("?key=a-secret")
        self.assertEqual(await self.server.stop(), 0)
        lines = [json.loads(line) for line in self.server.log().splitlines()]
        told = [line["fields"] for line in lines]
        requests = [(each["method"], each["status"]) for each in told if "request_id" in each]
        for each in (("POST", 201), ("GET", 403), ("DELETE", 204)):
            self.assertIn(each, requests)
        self.assertTrue([each for each in told if each.get("kind") == "AllVariants"], "no job")
        errands = [(each["kind"], each["outcome"]) for each in told if "errand_id" in each]
        self.assertEqual(errands, [("download", "blocked"), ("proxy", "blocked")])
        for secret in (KEY, token, "a-secret"):
            self.assertNotIn(secret, self.server.log())

    async def test_the_figures(self) -> None:
        """They are on their own listener, and not on that of the public."""
        await self.start()
        await self.upload()
        await self.ask_for_others()
        text = (await self.ask("GET", f"{self.figures}/metrics")).decode()
        for line in (
            'pict_rs_request_end{path="Some(\\"/image\\")",status="201 Created"} 1.0',
            'pict_rs_files{upload="inline"} 1.0',
            'pict_rs_ingest_end{completed="true"} 1.0',
            'pict_rs_process_end{command="normalise",completed="true"} 1.0',
            "pictd_children_waiting 0.0",
            'pictd_outgoing_duration_count{kind="download",outcome="blocked"} 1.0',
            'pictd_outgoing_duration_count{kind="proxy",outcome="blocked"} 1.0',
            'pictd_queue_length{queue="cleanup"} 0.0',
        ):
            self.assertIn(f"\n{line}\n", text)
        self.assertEqual(await self.ask("GET", f"{self.figures}/health"), b"OK")
        self.assertEqual(await self.ask("GET", f"{self.server.url}/metrics"), b"")
