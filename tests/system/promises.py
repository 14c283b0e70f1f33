"""Holding servers to what they have acknowledged."""

from __future__ import annotations

from urllib.parse import quote

from twisted.web.resource import Resource
from twisted.web.server import Request

from tests.support.process import ServerProcess
from tests.system.case import Reply, SystemTestCase
from tests.system.crew import Promises, digest, picture


class Pictures(Resource):
    """A picture at the URL of each number."""

    isLeaf = True

    def render_GET(self, request: Request) -> bytes:
        """See ``Resource``."""
        (seed,) = request.postpath or [b"0"]
        request.setHeader("content-type", "image/jpeg")
        return picture(int(seed))


class PromisesTestCase(SystemTestCase):
    """:ivar promises: is set by subclasses."""

    promises: Promises

    async def check_promises(self, server: ServerProcess) -> None:
        """What was kept is there, and then deleted; what was removed is not there."""
        for alias in self.promises.kept:
            await self._check_kept(server, alias)
        for alias in self.promises.removed:
            reply = await self.get(server, f"/image/original/{alias}")
            self.assertEqual(reply.status, 404, alias)
        for url, seed in self.promises.proxied.items():
            asked = quote(url, safe="")
            known = await self.get(server, f"/image/details/original?proxy={asked}")
            self.assertEqual(known.status, 200, url)
            self.check_bytes(await self.get(server, f"/image/original?proxy={asked}"), seed)

    async def check_queued(self, server: ServerProcess) -> None:
        """What nobody claimed can be; what was claimed can't, unless the server died before it
        could note that, and then it is the same."""
        for id, seed in self.promises.queued.items():
            reply = await self._claim(server, id)
            self.assertEqual(reply.status, 200, reply.body)
            original = await self.get(server, f"/image/original/{reply.entry['file']}")
            self.check_bytes(original, seed)
        for id, alias in self.promises.claimed.items():
            reply = await self._claim(server, id)
            self.assertIn(reply.status, (200, 400), reply.body)
            if reply.status == 200 and alias is not None:
                self.assertEqual(reply.entry["file"], alias)
        for id in (*self.promises.queued, *self.promises.claimed):
            self.assertEqual((await self._claim(server, id)).status, 400)

    def check_bytes(self, reply: Reply, seed: int) -> None:
        """An answer with that picture."""
        self.assertEqual(reply.status, 200, reply.body[:200])
        self.assertEqual(digest(reply.body), digest(picture(seed)))
        self.assertEqual(reply.header("etag"), f'"{digest(reply.body)}"')

    async def _check_kept(self, server: ServerProcess, alias: str) -> None:
        """It shows what was uploaded, and its token, and no other, deletes it."""
        kept = self.promises.kept[alias]
        reply = await self.get(server, f"/image/original/{alias}")
        if kept.unsure and reply.status == 404:
            return
        self.check_bytes(reply, kept.seed)
        refused = await self.ask(server, "DELETE", f"/image/delete/wrong/{alias}")
        self.assertEqual(refused.status, 403, refused.body)
        deleted = await self.ask(server, "DELETE", f"/image/delete/{kept.token}/{alias}")
        self.assertEqual(deleted.status, 204, deleted.body)

    async def _claim(self, server: ServerProcess, id: str) -> Reply:
        """When the upload is completed."""
        reply = await self.get(server, f"/image/backgrounded/claim?upload_id={id}")
        while reply.status == 204:
            reply = await self.get(server, f"/image/backgrounded/claim?upload_id={id}")
        return reply
