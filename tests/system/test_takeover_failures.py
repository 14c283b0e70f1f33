"""Takeovers of pict-rs's own database that can't be, or are ended half-way."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from tests.repo.databases import new_database, repo_on
from tests.support.installation import installation
from tests.support.postgres import SHARED
from tests.support.takeover import expected
from tests.support.waiting import until
from tests.system.succession import SuccessionTestCase, Successor

MANY = 20_000
"""Originals that take more than a moment."""
LIMIT = ("sh", "-c", 'ulimit -f 4096; exec "$@"', "sh")
"""Half-kibibytes in a file, of what follows."""


class RefusalTests(SuccessionTestCase):
    """Status 1, the reason, and nothing made."""

    async def test_pict_rs_runs(self) -> None:
        """It has to be stopped first; then the start goes well."""
        server = self.successor("clean")
        with (server.sled / "v0.5.0" / "db").open("rb+") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            self.assertIn("stop pict-rs first", await self.refused(server))
        server.begin()
        await server.ready()

    async def test_damage(self) -> None:
        """It is named, and so is the command that goes on without it, whose result is served."""
        server = self.successor("splits")
        spoil(server.sled / "v0.5.0" / "db")
        said = await self.refused(server)
        self.assertIn("the log goes on behind a place", said)
        self.assertIn("pictd migrate-repo --force sled", said)
        both = ("sled", "-p", str(server.sled), "sqlite", "-p", str(server.database))
        _, err, status = await self.command(server, "migrate-repo", *both)
        self.assertEqual(status, 1)
        self.assertIn("is damaged", err)
        out, err, status = await self.command(server, "migrate-repo", "--force", *both)
        self.assertEqual(status, 0, err)
        self.assertIn("the log goes on behind a place", err)
        self.assertIn("carried", out)
        server.begin()
        await server.ready()

    async def test_pict_rs_0_4(self) -> None:
        """The way leads over pict-rs 0.5."""
        server = self.successor("clean")
        (server.sled / "v0.5.0").rename(server.sled / "v0.4.0-alpha.1")
        self.assertIn("start pict-rs 0.5 on it once", await self.refused(server))

    async def test_half_copied(self) -> None:
        """A folder without what has to be in it is none that may be overlooked."""
        server = self.successor("clean")
        (server.sled / "v0.5.0" / "db").unlink()
        self.assertIn("holds no database of pict-rs 0.5", await self.refused(server))

    async def test_truncated(self) -> None:
        """A log that lacks more than its last writes is damage."""
        server = self.successor("splits")
        os.truncate(server.sled / "v0.5.0" / "db", 600_000)
        self.assertIn("is damaged", await self.refused(server))

    async def test_read_only(self) -> None:
        """Nothing may be made."""
        server = self.successor("clean")
        server.read_only = True
        self.assertIn("server.read_only", await self.refused(server))

    async def test_no_room(self) -> None:
        """A disk that fills half-way."""
        server = self.successor()
        installation(server.sled, MANY)
        server.begin(before=LIMIT)
        self.assertEqual(await server.ended(), 1, server.log())
        self.assertIn("was not taken over", server.log())
        self.assertEqual(server.made(), ["pictd.sqlite3-lease"])
        server.begin()
        await server.ready()

    async def test_a_new_installation(self) -> None:
        """A folder without anything of pict-rs's gets a new database."""
        server = self.successor()
        server.begin()
        await server.ready()
        self.assertTrue(server.database.exists())


class EndTests(SuccessionTestCase):
    """Takeovers that take their time."""

    async def begun(self, *words: str, **more: str) -> Successor:
        """A server that is taking over."""
        server = self.successor(**more)
        installation(server.sled, MANY)
        server.begin(*words)
        aside = server.sled / "pictd.sqlite3-import"

        async def grows() -> bool:
            return aside.exists() and aside.stat().st_size > 100_000

        await until(grows, 60, server.log)
        return server

    async def count(self, server: Successor) -> int:
        """Originals, once it serves."""
        await server.ready()
        page = await self.asked(server, "/internal/hashes", limit="1000")
        return len(page["page"]["hashes"])

    async def test_meanwhile(self) -> None:
        """Everything is answered with 503, and ``/readyz`` says why."""
        server = await self.begun()
        reply = await self.get(server, "/readyz")
        self.assertEqual(reply.status, 503)
        self.assertEqual(reply.json["missing"], ["database"])
        self.assertIn("taking over pict-rs's database: originals: ", reply.json["underway"])
        reply = await self.get(server, "/image/original/any.png")
        self.assertEqual((reply.status, reply.header("retry-after")), (503, "5"))
        self.assertEqual((await self.get(server, "/livez")).status, 204)
        self.assertEqual(await self.count(server), 1000)
        self.assertNotIn("pictd.sqlite3-import", " ".join(server.made()))

    async def test_killed(self) -> None:
        """The next start begins again, and removes what the last one left."""
        server = await self.begun()
        server.kill()
        self.assertFalse(server.database.exists())
        server.begin()
        self.assertEqual(await self.count(server), 1000)
        self.assertNotIn("pictd.sqlite3-import", " ".join(server.made()))

    async def test_stopped(self) -> None:
        """It ends at once, in order, and leaves nothing."""
        server = await self.begun()
        self.assertEqual(await server.stop(), 0, server.log())
        self.assertEqual(server.made(), ["pictd.sqlite3-lease"])

    async def test_a_command_that_was_killed(self) -> None:
        """Into PostgreSQL, which has by then what was carried: the same command goes on."""
        server = self.successor()
        installation(server.sled, MANY)
        database = await new_database()
        repo = repo_on(database)
        await repo.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))

        async def originals() -> int:
            return (await repo.records.tally()).originals

        async def begun() -> bool:
            return await originals() > 0

        words = ["sled", "-p", str(server.sled), "postgres", "-u", SHARED.cluster.url(database)]
        server.start([*server.words, "migrate-repo", *words])
        await until(begun, 60, server.log)
        server.kill()
        self.assertLess(await originals(), MANY)
        out, err, status = await self.command(server, "migrate-repo", *words)
        self.assertEqual(status, 0, err)
        self.assertIn(f"carried {MANY} originals", out)
        self.assertEqual(await originals(), MANY)

    async def test_several_workers(self) -> None:
        """One of them does it, once; the others come after it."""
        server = await self.begun(SERVER__WORKERS="2")

        async def all_serve() -> bool:
            asked = [self.get(server, "/readyz") for _ in range(10)]
            return all([(await each).status == 204 for each in asked])

        await until(all_serve, 60, server.log)
        self.assertEqual(await self.count(server), 1000)
        self.assertEqual(server.log().count("takeover: carried"), 1)


class CheckTests(SuccessionTestCase):
    """What ``pictd check`` and dry runs say beforehand."""

    async def test_what_would_happen(self) -> None:
        """How much, and how long; nothing is made."""
        server = self.successor("clean")
        before = server.legacy()
        out, err, status = await self.command(server, "check")
        self.assertEqual(status, 0, out + err)
        known: dict[str, Any] = expected("clean")
        self.assertIn(f"would carry {known['hash_count']} originals", out)
        self.assertIn("in about 0:00:0", out)
        self.assertEqual((server.legacy(), server.made()), (before, []))

    async def test_what_would_fail(self) -> None:
        """As the start would say it."""
        server = self.successor("splits")
        spoil(server.sled / "v0.5.0" / "db")
        out, _, status = await self.command(server, "check")
        self.assertEqual(status, 1)
        self.assertIn("repo.path: pict-rs's database is damaged", out)

    async def test_after_it(self) -> None:
        """Nothing is said of it any more."""
        server = self.successor("clean")
        server.begin()
        await server.ready()
        await server.stop()
        shutil.rmtree(server.sled / "v0.5.0" / "blobs", ignore_errors=True)
        out, _, status = await self.command(server, "check")
        self.assertEqual((out, status), ("ok\n", 0))

    async def test_a_dry_run(self) -> None:
        """Says what there is; the destination is not even looked at."""
        server = self.successor("clean")
        words = ("sled", "-p", str(server.sled), "postgres", "-u", "postgres://none@127.0.0.1:9/x")
        out, err, status = await self.command(server, "migrate-repo", "--dry-run", *words)
        self.assertEqual((status, server.made()), (0, []), err)
        self.assertIn("would carry 25 originals, 27 aliases", out)


def spoil(log: Path) -> None:
    """Flip a bit of one of the later messages."""
    data = bytearray(log.read_bytes())
    at = data.index(b"image/png", len(data) * 9 // 10)
    data[at] ^= 1
    log.write_bytes(data)
