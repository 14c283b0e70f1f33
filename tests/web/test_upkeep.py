"""``/internal/prune_missing`` and ``/internal/export``."""

from __future__ import annotations

from typing import Any

import attrs

from pictd.errors import RepoUnavailable
from pictd.model.records import Queue
from pictd.model.times import from_rfc3339, from_seconds
from pictd.web.app import entrance
from pictd.web.parts import Exports
from tests.support.parts import SETTINGS
from tests.support.server import Reply, ServerTestCase

PRUNE = "/internal/prune_missing"
EXPORT = "/internal/export"


class PruneTests(ServerTestCase):
    """Pruning, as the operator sees it."""

    async def prune(self, query: str = "") -> Any:
        """What is told."""
        reply = await self.ask("POST", PRUNE + query, key=True)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    async def queued(self) -> int:
        """How many prunings are waiting; takes all jobs of the queue."""
        count = 0
        while (job := await self.repo.jobs.pop(Queue.CLEANUP, "worker", 2**61, 1)) is not None:
            count += job.payload == "Prune"
            await self.repo.jobs.finish(job, "worker")
        return count

    async def lose(self, data: bytes) -> None:
        """Upload a file, and lose its bytes."""
        alias = (await self.ingested(data))["file"]
        reply = await self.get(f"/internal/identifier?alias={alias}", key=True)
        await self.store.remove(reply.json["identifier"])

    async def test_it_begins(self) -> None:
        """What is told is how it was before."""
        await self.ingested()
        told = {"complete": False, "progress": 0, "total": 1}
        self.assertEqual(await self.prune(), told)
        self.assertEqual(await self.queued(), 1)

    async def test_once_at_a_time(self) -> None:
        """However often, and however firmly, it is asked for."""
        for query in ("", "", "?force=true"):
            await self.prune(query)
        self.assertEqual(await self.queued(), 1)

    async def test_numbers(self) -> None:
        """Of what was pruned, and of what is left; both kept when it is asked for again."""
        for data in (b"one", b"two", b"three"):
            await self.ingested(data)
        await self.lose(b"four")
        self.assertEqual((await self.prune())["total"], 4)
        await self.parts.prune.work(None)
        told = {"complete": True, "progress": 1, "total": 3}
        self.assertEqual([await self.prune(), await self.prune()], [told, told])

    async def test_it_does_not_begin_again(self) -> None:
        """But where it is forced to, in so many words."""
        await self.parts.prune.work(None)
        for query in ("", "?force=false", "?force=yes", "?force=", "?force"):
            await self.prune(query)
            self.assertEqual(await self.queued(), 0, query)
        await self.prune("?force=true")
        self.assertEqual(await self.queued(), 1)

    async def test_a_dry_run(self) -> None:
        """A look at a sample, which changes nothing; not even where it is forced."""
        await self.ingested()
        await self.lose(b"lost")
        told = {"complete": False, "progress": 0, "total": 2, "examined": 2, "missing": 1}
        for query in ("?dry_run=true", "?dry_run=true&force=true"):
            self.assertEqual(await self.prune(query), told)
        self.assertEqual(await self.queued(), 0)
        self.assertEqual(await self.repo.hashes.count(), 2)
        await self.prune("?dry_run=false")
        self.assertEqual(await self.queued(), 1)

    async def test_a_dry_run_of_nothing(self) -> None:
        """Nothing is missing."""
        told = await self.prune("?dry_run=true")
        self.assertEqual((told["examined"], told["missing"]), (0, 0))

    async def test_the_key(self) -> None:
        """It is the operator's alone, and POST alone."""
        for path in (PRUNE, EXPORT):
            self.assertEqual((await self.ask("POST", path)).status, 401)
            reply = await self.get(path, key=True)
            self.assertEqual((reply.status, reply.header("allow")), (405, "POST"))
        self.assertEqual(await self.queued(), 0)


class ExportTests(ServerTestCase):
    """Copies of the database."""

    async def export(self) -> Reply:
        """Have one made."""
        return await self.ask("POST", EXPORT, key=True)

    async def test_folders(self) -> None:
        """Each has its own, named by the moment."""
        before = from_seconds(self.parts.clock.seconds())
        for _ in range(2):
            reply = await self.export()
            self.assertEqual((reply.status, reply.json), (201, {"msg": "ok"}))
        moments = sorted(from_rfc3339(folder.name) for folder in self.exports.iterdir())
        self.assertEqual(len(moments), 2)
        self.assertLessEqual(before, moments[0])

    async def test_failure(self) -> None:
        """It is told: nobody relies on a copy that is not there."""

        async def fail(_: object) -> Any:
            raise RepoUnavailable("no room")

        self.site.resource = entrance(attrs.evolve(self.parts, exports=Exports(fail, self.exports)))
        reply = await self.export()
        self.assertEqual((reply.status, reply.json["msg"]), (503, "no room"))

    async def test_without_an_embedded_database(self) -> None:
        """There is no such route; the other one stays."""
        self.site.resource = entrance(attrs.evolve(self.parts, exports=None))
        reply = await self.export()
        self.assertEqual((reply.status, reply.body), (404, b""))
        self.assertEqual((await self.ask("POST", PRUNE, key=True)).status, 200)


class ReadOnlyTests(ServerTestCase):
    """A server that changes nothing."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    async def test_pruning(self) -> None:
        """It is refused, also as a dry run."""
        for query in ("", "?force=true", "?dry_run=true"):
            reply = await self.ask("POST", PRUNE + query, key=True)
            self.assertEqual((reply.status, reply.json["code"]), (400, "read-only"))
        self.assertEqual(await self.repo.jobs.length(Queue.CLEANUP), 0)

    async def test_exports(self) -> None:
        """They change nothing, and go on."""
        self.assertEqual((await self.ask("POST", EXPORT, key=True)).status, 201)
        self.assertEqual(len(list(self.exports.iterdir())), 1)
