"""The operator's commands, beside a server and without one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twisted.internet.utils import getProcessOutputAndValue

from tests.support import samples
from tests.support.process import ServerProcess
from tests.system.case import KEY, SystemTestCase, rows

CONSOLE = "from pictd.tap import main; main()"


class AdminTests(SystemTestCase):
    """Each command, as a process of its own."""

    async def run_command(self, server: ServerProcess, *words: str) -> tuple[str, str, int]:
        """(standard output, standard error, exit status)."""
        out, err, status = await getProcessOutputAndValue(
            sys.executable, ["-c", CONSOLE, *words], server.environment, str(server.folder)
        )
        self.assertNotIn(b"Traceback", out + err)
        return out.decode(), err.decode(), status

    async def done(self, server: ServerProcess, *words: str) -> str:
        """What a command that succeeds prints."""
        out, err, status = await self.run_command(server, *words)
        self.assertEqual(status, 0, out + err)
        return out

    async def failed(self, server: ServerProcess, *words: str) -> str:
        """What one says that does not."""
        out, err, status = await self.run_command(server, *words)
        self.assertEqual(status, 1, out + err)
        return out + err

    async def fetched(self, server: ServerProcess, alias: str) -> int:
        """The status of an original."""
        return (await self.get(server, f"/image/original/{alias}")).status

    async def test_there_and_back(self) -> None:
        """A copy that is made while the server serves takes the place of the database once it is
        stopped; while it is not, nothing is done."""
        server = await self.started()
        first = await self.uploaded(server, samples.still("png", 30, 20))
        copy = (await self.done(server, "export")).strip()
        self.assertTrue(Path(copy).is_file())
        second = await self.uploaded(server, samples.still("png", 31, 20))
        said = await self.failed(server, "import", copy, "--replace")
        self.assertIn("stop pictd", said)
        self.assertEqual(await self.fetched(server, second), 200)
        self.assertEqual(await server.stop(), 0)
        self.assertIn("--replace", await self.failed(server, "import", copy))
        said = await self.done(server, "import", "--replace", copy, "filesystem", "sqlite")
        kept = Path(said.splitlines()[0].rsplit(" ", 1)[1])
        await server.restarted()
        self.assertEqual(await self.fetched(server, first), 200)
        self.assertEqual(await self.fetched(server, second), 404)
        self.assertEqual(await server.stop(), 0)
        await self.done(server, "import", "--replace", str(kept))
        await server.restarted()
        self.assertEqual(await self.fetched(server, second), 200)
        await self.assert_well(server)

    async def test_what_is_stored(self) -> None:
        """Is told, looked over, healed and pruned while the server serves."""
        server = await self.started(PRUNE__MAX_MISSING_SHARE="0.5")
        aliases = [await self.uploaded(server, samples.still("png", 30 + n, 20)) for n in range(3)]
        made = await self.get(server, f"/image/process.webp?src={aliases[0]}&resize=9")
        self.assertEqual(made.status, 200)
        told = json.loads(await self.done(server, "stats", "--json"))
        self.assertEqual((told["originals"], told["aliases"], told["variants"]), (3, 3, 1))
        self.assertIn("3 originals looked for, 3 read", await self.done(server, *CHECK))
        self.lose(server, "SELECT identifier FROM variants")
        self.assertIn("variant resize/9/webp", await self.failed(server, *CHECK))
        self.assertIn("repaired", await self.failed(server, *CHECK, "--repair"))
        await self.done(server, *CHECK)
        self.lose(server, "SELECT identifier FROM hashes LIMIT 1")
        self.assertIn("its bytes are missing", await self.failed(server, *CHECK))
        self.assertIn("1 of 3", await self.done(server, "prune-missing", "--dry-run"))
        self.assertIn("1 of 3", await self.done(server, "prune-missing"))
        await self.done(server, *CHECK)
        found = [await self.fetched(server, alias) for alias in aliases]
        self.assertEqual(sorted(found), [200, 200, 404])
        await self.assert_well(server)

    async def test_too_much_is_missing(self) -> None:
        """Whatever would remove records refuses, says why, and tells by its status."""
        server = await self.started()
        await self.uploaded(server, samples.still("png", 30, 20))
        self.lose(server, "SELECT identifier FROM hashes")
        for words in (["prune-missing", "--dry-run"], ["prune-missing"], [*CHECK, "--repair"]):
            self.assertIn("prune.max_missing_share", await self.failed(server, *words))
        self.assertEqual(rows(server, "SELECT count(*) FROM hashes"), [(1,)])
        reply = await self.ask(server, "GET", "/internal/hashes", headers=KEY)
        self.assertEqual(len(reply.json["page"]["hashes"]), 1)

    async def test_without_a_server(self) -> None:
        """No command makes a database: that there is none is an error."""
        server = self.server()
        server.folder.mkdir(parents=True)
        server.temporary.mkdir()
        looking = (["stats"], [*CHECK], ["prune-missing", "--dry-run"], ["export"])
        for words in (*looking, ["prune-missing"], [*CHECK, "--repair"]):
            self.assertIn("pictd.sqlite3", await self.failed(server, *words))
        self.assertFalse(server.database.exists())
        self.assertFalse(server.files.exists())

    async def test_a_read_only_configuration(self) -> None:
        """What would change something refuses."""
        server = await self.started()
        server.more["PICTD__SERVER__READ_ONLY"] = "true"
        for words in (["prune-missing"], [*CHECK, "--repair"], ["import", "x"]):
            self.assertIn("server.read_only", await self.failed(server, *words))
        await self.done(server, "stats")
        await self.done(server, *CHECK)

    def lose(self, server: ServerProcess, sql: str) -> None:
        """Delete the bytes of these identifiers behind everybody's back."""
        for (identifier,) in rows(server, sql):
            (server.files / str(identifier)).unlink()


CHECK = ("check", "--hashes", "all")
