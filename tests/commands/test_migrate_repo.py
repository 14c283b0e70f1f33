"""``pictd migrate-repo``, as a shell sees it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

import pictd
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo_records import everything
from tests.migration.repos import content, fill
from tests.repo.databases import new_database
from tests.support.postgres import SHARED
from tests.support.waiting import until

ROOT = str(Path(pictd.__file__).parent.parent)
PICTD = ["-c", "from pictd.tap import main; main()"]
MANY = 12_000
"""Originals that take more than a moment."""


class CommandTests(TestCase):
    """Its words, its output, its status."""

    timeout = 120

    async def setUp(self) -> None:  # type: ignore[override]  # trial awaits it
        """A filled database in a folder of the test's own."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.source = self.folder / "source.sqlite3"
        repo = self.database(self.source)
        await repo.open()
        await fill(repo)
        self.content = await content(repo)
        await repo.close()

    @property
    def environ(self) -> dict[str, str]:
        """A configuration that names other places."""
        places = {"REPO__TYPE": "sqlite", "REPO__PATH": "/none/db", "STORE__PATH": "/none/files"}
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PICTD__", "PICTRS__"))},
            **{f"PICTD__{name}": value for name, value in places.items()},
            "PYTHONPATH": ROOT,
        }

    def database(self, path: Path) -> SqliteRepo:
        """Not opened yet."""
        return SqliteRepo(path, IReactorThreads(reactor))

    async def run_words(self, *words: object) -> tuple[str, str, int]:
        """Output, errors and exit status."""
        command = [*PICTD, *map(str, words)]
        out, err, status = await getProcessOutputAndValue(
            sys.executable, command, self.environ, str(self.folder)
        )
        return out.decode(), err.decode(), status

    def started(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """At work."""
        command = [sys.executable, *PICTD, *words]
        return subprocess.Popen(command, env=self.environ, stderr=subprocess.DEVNULL)

    async def found_in(self, path: Path) -> object:
        """What a database holds."""
        repo = self.database(path)
        await repo.open()
        try:
            return await content(repo)
        finally:
            await repo.close()

    async def test_to_a_new_database(self) -> None:
        """Everything is there; the last line says how much it was."""
        there = self.folder / "deep" / "there.sqlite3"
        words = ("migrate-repo", "sqlite", "-p", self.source, "sqlite", "-p", there)
        out, err, status = await self.run_words(*words)
        self.assertEqual(status, 0, err)
        self.assertIn("carried 5 originals", out)
        self.assertIn("originals: 5 of 5 (100%)", err)
        self.assertEqual(await self.found_in(there), self.content)

    async def test_to_postgres_and_back(self) -> None:
        """And to a database that is named by its directory."""
        database = await new_database()
        url = SHARED.cluster.url(database)
        words = ("migrate-repo", "sqlite", "-p", self.source, "postgres", "-u", url)
        self.assertEqual((await self.run_words(*words))[2], 0)
        back = ("postgres", "-u", url, "sled", "-p", self.folder / "sled")
        self.assertEqual((await self.run_words("migrate-repo", *back))[2], 0)
        found = await self.found_in(self.folder / "sled" / "pictd.sqlite3")
        self.assertEqual(found, self.content)

    async def test_a_dry_run(self) -> None:
        """Says what there is, and makes nothing."""
        before = sorted(self.folder.iterdir())
        words = ("--dry-run", "sqlite", "-p", self.source, "sqlite", "-p", self.folder / "there")
        out, err, status = await self.run_words("migrate-repo", *words)
        self.assertEqual((err, status), ("", 0))
        self.assertTrue(out.startswith("would carry 5 originals"), out)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    async def test_usage(self) -> None:
        """Status 2 and a reason."""
        for words in (
            ["migrate-repo"],
            ["migrate-repo", "sqlite", "-p", "a"],
            ["migrate-repo", "memory", "sqlite"],
            ["migrate-repo", "sqlite", "-p", "a", "postgres", "--nothing"],
            ["migrate-repo", "sqlite", "-p", "a", "sqlite", "-p", "b", "sqlite"],
        ):
            out, err, status = await self.run_words(*words)
            self.assertEqual((out, status), ("", 2), words)
            self.assertTrue(err.startswith("pictd: "), err)

    async def test_what_can_not_be(self) -> None:
        """Status 1 and a reason; nothing is made."""
        before = sorted(self.folder.iterdir())
        away = "postgres://nobody@127.0.0.1:9/none"
        for words in (
            ["sqlite", "-p", self.folder / "none", "sqlite", "-p", self.folder / "there"],
            ["sled", "-p", self.folder, "sqlite", "-p", self.folder / "there"],
            ["sqlite", "-p", self.source, "sqlite", "-p", self.source],
            ["sqlite", "-p", self.source, "postgres"],
            ["postgres", "-u", away, "sqlite", "-p", self.folder / "there"],
            ["sqlite", "-p", self.source, "postgres", "-u", away],
        ):
            out, err, status = await self.run_words("migrate-repo", *words)
            self.assertEqual((out, status), ("", 1), words)
            self.assertTrue(err.startswith("pictd: "), err)
            self.assertEqual(sorted(self.folder.iterdir()), before)

    async def test_the_configuration_must_be_one(self) -> None:
        """Though what it says of databases does not matter."""
        words = ("sqlite", "-p", self.source, "sqlite", "-p", self.folder / "there")
        out, err, status = await self.run_words("-c", "/none.toml", "migrate-repo", *words)
        self.assertEqual((out, status), ("", 1))
        self.assertIn("/none.toml", err)

    async def test_killed_in_the_middle(self) -> None:
        """What was carried by then is there; the next run carries the rest."""
        repo = self.database(self.source)
        await repo.open()
        await repo.records.add_originals([everything(number) for number in range(2, MANY)])
        await repo.close()
        there = self.folder / "there.sqlite3"
        words = ["migrate-repo", "sqlite", "-p", str(self.source), "sqlite", "-p", str(there)]
        with self.started(words) as process:
            await until(lambda: begun(there), 60, process.poll)
            process.send_signal(signal.SIGKILL)
        self.assertTrue(0 < count_in(there) < MANY)
        _, err, status = await self.run_words(*words)
        self.assertEqual(status, 0, err)
        self.assertEqual(count_in(there), count_in(self.source))


async def begun(path: Path) -> bool:
    """Whether some are there."""
    return count_in(path) > 0


def count_in(path: Path) -> int:
    """Originals; none where there is no database yet."""
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM hashes").fetchone()[0])
        except sqlite3.OperationalError:
            return 0
