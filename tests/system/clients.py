"""Clients of several nodes, who do not care which of them answers."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from twisted.internet.defer import Deferred, gatherResults

from tests.support.process import ServerProcess
from tests.support.waiting import pause
from tests.system.case import Reply
from tests.system.crew import GONE, Act, Crew, digest, picture
from tests.system.promises import PromiseTestCase

SIZES = range(16, 80)
"""Of variants."""


class Refused(Exception):
    """A node says that it can't just now, and when to come again."""


class Clients(Crew):
    """They work until they are told that it is over.

    :ivar models: aliases that stay: variants are made of them.
    :ivar seen: digests of variants, by what was asked for.
    :ivar refused: how often a node said that it can't.
    :ivar breaking: nodes whose answers may break off, or not come.
    """

    def __init__(
        self, case: PromiseTestCase, pages: str, random: Random, nodes: Sequence[ServerProcess]
    ) -> None:
        super().__init__(case, pages, random)
        self.models: list[str] = []
        self.seen: dict[str, str] = {}
        self.refused = 0
        self.breaking: set[int] = set()
        self.over = False
        self._nodes = nodes

    def acts(self) -> list[Act]:
        """What each of them does again and again."""
        return [
            self.upload,
            self.queue,
            self.claim,
            self.proxy,
            self.view,
            self.view,
            self.look,
            self.delete,
        ]

    def begin(self) -> Deferred[list[None]]:
        """All go to work; fires when it is over, or somebody finds a promise broken."""
        work = [Deferred.fromCoroutine(self.go_on(act)) for act in self.acts()]
        return gatherResults(work, consumeErrors=True)

    async def go_on(self, act: Act) -> None:
        """Do it again and again, now here, now there."""
        while not self.over:
            await pause(self._random.uniform(0, 0.1))
            await self._attempt(act, self._random.choice(self._nodes))

    async def claim(self, server: ServerProcess) -> None:
        """On any node, wherever it was queued. Whoever is refused has consumed nothing."""
        first = next(iter(self.promises.queued.items()), None)
        try:
            await super().claim(server)
        except Refused:
            assert first is not None
            del self.promises.claimed[first[0]]
            self.promises.queued.update([first])
            raise

    async def view(self, server: ServerProcess) -> None:
        """The same variant of all nodes at once."""
        alias, size = self._random.choice(self.models), self._random.choice(SIZES)
        path = f"/image/process.webp?src={alias}&resize={size}"
        work = [self._attempt(lambda node: self._view(node, path), node) for node in self._nodes]
        await gatherResults([Deferred.fromCoroutine(each) for each in work], consumeErrors=True)

    async def look(self, server: ServerProcess) -> None:
        """At what was uploaded last."""
        for alias in [*self.promises.kept][-1:]:
            kept = self.promises.kept[alias]
            reply = await self._case.get(server, f"/image/original/{alias}")
            if kept.unsure or alias in self.promises.removed:
                return
            self._acknowledged("look", reply, 200)
            self._case.assertEqual(digest(reply.body), digest(picture(kept.seed)))

    async def _view(self, node: ServerProcess, path: str) -> None:
        reply = await self._case.get(node, path)
        self._acknowledged("view", reply, 200)
        found = digest(reply.body)
        self._case.assertEqual(self.seen.setdefault(path, found), found)

    async def _attempt(self, act: Act, node: ServerProcess) -> None:
        try:
            await act(node)
        except Refused:
            self.refused += 1
        except GONE:
            self._case.assertIn(node.port, self.breaking, node.log())

    def _acknowledged(self, name: str, reply: Reply, status: int) -> None:
        if reply.status == 503:
            self._case.assertGreater(int(reply.header("retry-after") or 0), 0, reply.body)
            raise Refused
        super()._acknowledged(name, reply, status)
