"""A server whose facts are on a PostgreSQL server."""

from __future__ import annotations

import sys

from twisted.internet.utils import getProcessOutputAndValue

from tests.support.postgres import Cluster
from tests.support.process import ServerProcess
from tests.support.samples import still
from tests.support.waiting import until
from tests.system.case import KEY, SystemTestCase, blobs


async def command(server: ServerProcess, *words: str) -> tuple[str, int]:
    """What a command says with this server's settings, and its exit status."""
    program = ["-c", "from pictd.tap import main; main()", *words]
    out, err, status = await getProcessOutputAndValue(
        sys.executable, program, server.environment, str(server.folder)
    )
    return (out + err).decode(), status


class PostgresTests(SystemTestCase):
    """``repo.type = "postgres"``."""

    def setUp(self) -> None:
        """A database server of the test's own."""
        super().setUp()
        self.cluster = Cluster()
        self.addCleanup(self.cluster.remove)
        self.database = self.cluster.create()

    async def node(self) -> ServerProcess:
        """One that serves."""
        url = self.cluster.url(self.database)
        node = await self.started(REPO__TYPE="postgres", REPO__URL=url, SERVER__API_KEY="key")
        await self.healthy(node)
        return node

    async def healthy(self, node: ServerProcess) -> None:
        """Wait until it is well."""

        async def well() -> bool:
            return (await self.get(node, "/healthz")).status == 200

        await until(well, 30, node.log)

    async def test_a_file_and_its_end(self) -> None:
        """It is served, made variants of, and gone with all its bytes when it is deleted."""
        node = await self.node()
        entry = (await self.upload(node, still("png"))).entry
        alias, token = entry["file"], entry["delete_token"]
        for path in (f"/image/original/{alias}", f"/image/process.webp?src={alias}&thumbnail=8"):
            self.assertEqual((await self.get(node, path)).status, 200)
        deleted = await self.ask(node, "DELETE", f"/image/delete/{token}/{alias}")
        self.assertEqual(deleted.status, 204)
        await self.until(lambda: not blobs(node), node.log)

    async def test_export(self) -> None:
        """There is none: PostgreSQL has tools for that."""
        node = await self.node()
        reply = await self.ask(node, "POST", "/internal/export", headers=KEY)
        self.assertEqual(reply.status, 404)

    async def test_commands(self) -> None:
        """They work as with the embedded database; what is SQLite's alone says what to use. None
        makes a schema."""
        node = self.server(REPO__TYPE="postgres", REPO__URL=self.cluster.url(self.database))
        node.start()
        await node.ready()
        await self.uploaded(node, still("png"))
        self.assertIn("originals", (await command(node, "stats"))[0])
        for words in (["check", "--hashes", "all"], ["prune-missing", "--dry-run"]):
            told, status = await command(node, *words)
            self.assertEqual(status, 0, told)
        for words in (["export"], ["import", "x"]):
            told, status = await command(node, *words)
            self.assertEqual(status, 1)
            self.assertIn("pg_dump", told)
        node.more["PICTD__REPO__URL"] = self.cluster.url(self.cluster.create())
        for words in (["stats"], ["check", "--data"], ["prune-missing"]):
            told, status = await command(node, *words)
            self.assertEqual(status, 1)
            self.assertIn("no schema of pictd yet", told)

    async def test_a_restart_of_the_database(self) -> None:
        """Requests get 503 while it is away; then everything is as before."""
        node = await self.node()
        alias = await self.uploaded(node, still("png"))
        self.cluster.stop()
        for path in ("/healthz", f"/image/original/{alias}"):
            reply = await self.get(node, path)
            self.assertEqual((reply.status, reply.code), (503, "repo-error"))
            self.assertIsNotNone(reply.header("retry-after"))
        self.cluster.start()
        await self.healthy(node)
        self.assertEqual((await self.get(node, f"/image/original/{alias}")).status, 200)

    async def test_starting_while_the_database_is_away(self) -> None:
        """The server waits for it."""
        self.cluster.stop()
        url = self.cluster.url(self.database)
        node = self.server(REPO__TYPE="postgres", REPO__URL=url)
        node.start()
        await self.until(lambda: "database, will be tried again" in node.log(), node.log)
        self.assertEqual((await self.get(node, "/healthz")).status, 503)
        self.cluster.start()
        await node.ready()
        await self.uploaded(node, still("png"))

    async def test_two_nodes(self) -> None:
        """What one takes, the other knows."""
        one, other = await self.node(), await self.node()
        alias = await self.uploaded(one, still("png"))
        self.assertEqual((await self.get(other, f"/image/details/original/{alias}")).status, 200)

    async def test_an_authority_that_can_not_be_read(self) -> None:
        """The server does not start, and says why."""
        node = self.server(
            REPO__TYPE="postgres",
            REPO__URL=self.cluster.url(self.database),
            REPO__USE_TLS="true",
            REPO__CERTIFICATE_FILE="/nowhere.pem",
        )
        node.start()
        self.assertNotEqual(await node.ended(), 0)
        self.assertIn("repo.certificate_file: /nowhere.pem", node.log())
