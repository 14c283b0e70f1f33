"""Clients who work until the server dies, and remember what it has acknowledged."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from urllib.parse import quote

import attrs
from twisted.internet.error import ConnectError
from twisted.web.client import ResponseFailed

from tests.support.process import ServerProcess
from tests.support.samples import still
from tests.support.waiting import pause
from tests.system.case import KEY, Reply, SystemTestCase

GONE = (ConnectError, ResponseFailed)
"""What a client sees of a server that was killed."""

CROWDED = 15
"""Aliases that are there before the first of them are removed."""

Act = Callable[[ServerProcess], Awaitable[None]]


def picture(seed: int) -> bytes:
    """The file that is uploaded under this number."""
    return still("jpeg", 96, 64, seed=seed)


@attrs.define
class Kept:
    """An alias that was acknowledged.

    :ivar unsure: whether its removal was asked for and not acknowledged.
    """

    seed: int
    token: str = ""
    unsure: bool = False


@attrs.define
class Promises:
    """What the server has acknowledged.

    :ivar kept: by alias.
    :ivar removed: aliases.
    :ivar queued: seeds of uploads that nobody claimed, by id.
    :ivar claimed: aliases that claims were told, by id; None where the answer was lost.
    :ivar proxied: seeds, by URL.
    :ivar count: acknowledged operations by their name.
    """

    kept: dict[str, Kept] = attrs.field(factory=dict)
    removed: set[str] = attrs.field(factory=set)
    queued: dict[str, int] = attrs.field(factory=dict)
    claimed: dict[str, str | None] = attrs.field(factory=dict)
    proxied: dict[str, int] = attrs.field(factory=dict)
    count: dict[str, int] = attrs.field(factory=dict)

    def keep(self, alias: str, kept: Kept) -> None:
        """Unless a purge was told of it already."""
        if alias not in self.removed:
            self.kept[alias] = kept

    def remove(self, alias: str) -> None:
        """That was acknowledged."""
        self.kept.pop(alias, None)
        self.removed.add(alias)


class Crew:
    """:param pages: where the test serves pictures, by their seed."""

    def __init__(self, case: SystemTestCase, pages: str, random: Random) -> None:
        self.promises = Promises()
        self._case, self._pages, self._random = case, pages, random
        self._made = 0

    def acts(self) -> list[Act]:
        """What each of them does again and again."""
        return [
            self.upload,
            self.take_over,
            self.queue,
            self.claim,
            self.download,
            self.proxy,
            self.view,
            self.delete,
            self.purge,
        ]

    async def work(self, act: Act, server: ServerProcess) -> None:
        """Do it again and again, until the server is gone."""
        while server.is_running:
            await pause(self._random.uniform(0, 0.05))
            try:
                await act(server)
            except GONE:
                self._case.assertFalse(server.is_running, server.log())

    async def upload(self, server: ServerProcess) -> None:
        """Some content comes more than once."""
        seed = self._next() // 3
        reply = await self._case.upload(server, picture(seed))
        self._acknowledged("upload", reply, 201)
        self._keep(reply, seed)

    async def take_over(self, server: ServerProcess) -> None:
        """Under a name of one's own."""
        seed = self._next()
        form = self._form(f"import-{seed}.jpg", seed)
        reply = await self._case.ask(server, "POST", "/internal/import", files=form, headers=KEY)
        self._acknowledged("import", reply, 201)
        self._case.assertEqual(reply.entry["file"], f"import-{seed}.jpg")
        self._keep(reply, seed)

    async def queue(self, server: ServerProcess) -> None:
        """To be claimed later."""
        seed = 100_000 + self._next()  # nobody purges these
        form = self._form("queued", seed)
        reply = await self._case.ask(server, "POST", "/image/backgrounded", files=form)
        self._acknowledged("queue", reply, 202)
        (upload,) = reply.json["uploads"]
        self.promises.queued[upload["upload_id"]] = seed

    async def claim(self, server: ServerProcess) -> None:
        """What was queued first; a claim that died may have told somebody."""
        if len(self.promises.queued) < 3:
            return await pause(0.02)
        id = next(iter(self.promises.queued))
        seed = self.promises.queued.pop(id)
        self.promises.claimed[id] = None
        reply = await self._case.get(server, f"/image/backgrounded/claim?upload_id={id}")
        if reply.status == 204:
            del self.promises.claimed[id]
            self.promises.queued[id] = seed
            return None
        self._acknowledged("claim", reply, 200)
        self.promises.claimed[id] = reply.entry["file"]
        return self._keep(reply, seed)

    async def download(self, server: ServerProcess) -> None:
        """From the test's own server."""
        seed = self._next()
        url = quote(f"{self._pages}/{seed}", safe="")
        reply = await self._case.get(server, f"/image/download?url={url}")
        self._acknowledged("download", reply, 201)
        self._keep(reply, seed)

    async def proxy(self, server: ServerProcess) -> None:
        """A new URL, or one that was shown already."""
        seed = 200_000 + self._next() % 60
        url = f"{self._pages}/{seed}"
        reply = await self._case.get(server, f"/image/original?proxy={quote(url, safe='')}")
        self._acknowledged("proxy", reply, 200)
        self._case.assertEqual(digest(reply.body), digest(picture(seed)))
        self.promises.proxied[url] = seed

    async def view(self, server: ServerProcess) -> None:
        """Variants of what came last."""
        for alias in [*self.promises.kept][-1:]:
            size = 20 + self._next() % 50
            reply = await self._case.get(server, f"/image/process.webp?src={alias}&resize={size}")
            self._case.assertIn(reply.status, (200, 404), reply.body[:200])
            if reply.status == 200:
                self._acknowledged("view", reply, 200)

    async def delete(self, server: ServerProcess) -> None:
        """What came first."""
        alias = self._doomed()
        if alias is None:
            return await pause(0.02)
        kept = self.promises.kept[alias]
        kept.unsure = True
        reply = await self._case.ask(server, "DELETE", f"/image/delete/{kept.token}/{alias}")
        self._acknowledged("delete", reply, 204)
        return self.promises.remove(alias)

    async def purge(self, server: ServerProcess) -> None:
        """All names of what came first, and of nothing else."""
        alias = self._doomed()
        if alias is None:
            return await pause(0.02)
        self._doubt(self.promises.kept[alias].seed)
        path = f"/internal/purge?alias={alias}"
        reply = await self._case.ask(server, "POST", path, headers=KEY)
        if reply.status == 404:  # somebody deleted it meanwhile
            return None
        self._acknowledged("purge", reply, 200)
        for each in reply.json["aliases"]:
            self.promises.remove(each)
        return None

    def _doomed(self) -> str | None:
        kept = self.promises.kept
        sure = [alias for alias in kept if not kept[alias].unsure and kept[alias].seed < 100_000]
        return sure[0] if len(kept) > CROWDED and sure else None

    def _doubt(self, seed: int) -> None:
        for kept in self.promises.kept.values():
            kept.unsure = kept.unsure or kept.seed == seed

    def _keep(self, reply: Reply, seed: int) -> None:
        self.promises.keep(reply.entry["file"], Kept(seed, reply.entry["delete_token"]))

    def _next(self) -> int:
        self._made += 1
        return self._made

    def _form(self, name: str, seed: int) -> Any:
        return [("images[]", (name, "image/jpeg", io.BytesIO(picture(seed))))]

    def _acknowledged(self, name: str, reply: Reply, status: int) -> None:
        self._case.assertEqual(reply.status, status, f"{name}: {reply.body[:500]!r}")
        self.promises.count[name] = self.promises.count.get(name, 0) + 1


def digest(data: bytes) -> str:
    """As an entity tag has it."""
    return hashlib.sha256(data).hexdigest()
