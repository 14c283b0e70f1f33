"""A server whose clients remember what it has acknowledged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random
from typing import Any, cast
from urllib.parse import quote

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from tests.support.process import ServerProcess
from tests.system.case import Reply, SystemTestCase
from tests.system.crew import Crew, digest, picture


class Pictures(Resource):
    """A picture at the URL of each number."""

    isLeaf = True

    def render_GET(self, request: Request) -> bytes:
        """See ``Resource``."""
        (seed,) = request.postpath or [b"0"]
        request.setHeader("content-type", "image/jpeg")
        return picture(int(seed))


class PromiseTestCase(SystemTestCase):
    """With clients at hand, and checks of what they were promised."""

    def setUp(self) -> None:
        """Nothing is promised yet."""
        super().setUp()
        port = cast(Any, reactor).listenTCP(0, Site(Pictures()), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.random = Random(2026)
        self.crew = Crew(self, f"http://127.0.0.1:{port.getHost().port}", self.random)
        self.promises = self.crew.promises

    async def check_promises(self, server: ServerProcess) -> None:
        """What is kept is there, and can be deleted; what was removed is not."""
        for alias in self.promises.kept:
            await self._check_kept(server, alias)
        for alias in self.promises.removed:
            reply = await self.get(server, f"/image/original/{alias}")
            self.assertEqual(reply.status, 404, alias)
        for url, seed in self.promises.proxied.items():
            asked = quote(url, safe="")
            known = await self.get(server, f"/image/details/original?proxy={asked}")
            self.assertEqual(known.status, 200, url)
            self._check_bytes(await self.get(server, f"/image/original?proxy={asked}"), seed)

    async def _check_kept(self, server: ServerProcess, alias: str) -> None:
        """It shows what was uploaded, and its token, and no other, deletes it."""
        kept = self.promises.kept[alias]
        reply = await self.get(server, f"/image/original/{alias}")
        if kept.unsure and reply.status == 404:
            return
        self._check_bytes(reply, kept.seed)
        refused = await self.ask(server, "DELETE", f"/image/delete/wrong/{alias}")
        self.assertEqual(refused.status, 403, refused.body)
        deleted = await self.ask(server, "DELETE", f"/image/delete/{kept.token}/{alias}")
        self.assertEqual(deleted.status, 204, deleted.body)

    def _check_bytes(self, reply: Reply, seed: int) -> None:
        self.assertEqual(reply.status, 200, reply.body[:200])
        self.assertEqual(digest(reply.body), digest(picture(seed)))
        self.assertEqual(reply.header("etag"), f'"{digest(reply.body)}"')

    async def check_queued(self, server: ServerProcess) -> None:
        """What nobody claimed can be; what was claimed can't, unless the server died before it
        could note that, and then it is the same."""
        for id, seed in self.promises.queued.items():
            reply = await self._claim(server, id)
            self.assertEqual(reply.status, 200, reply.body)
            original = await self.get(server, f"/image/original/{reply.entry['file']}")
            self._check_bytes(original, seed)
        for id, alias in self.promises.claimed.items():
            reply = await self._claim(server, id)
            self.assertIn(reply.status, (200, 400), reply.body)
            if reply.status == 200 and alias is not None:
                self.assertEqual(reply.entry["file"], alias)
        for id in (*self.promises.queued, *self.promises.claimed):
            self.assertEqual((await self._claim(server, id)).status, 400)

    async def _claim(self, server: ServerProcess, id: str) -> Reply:
        """When the upload is completed."""
        reply = await self.get(server, f"/image/backgrounded/claim?upload_id={id}")
        while reply.status == 204:
            reply = await self.get(server, f"/image/backgrounded/claim?upload_id={id}")
        return reply


def end_leases(server: ServerProcess) -> None:
    """What half a minute would do: jobs of dead workers may be taken again."""
    with closing(sqlite3.connect(server.database)) as connection, connection:
        connection.execute("UPDATE jobs SET leased_until = 0")
