"""The command line of ``migrate-store``."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.utils import getProcessOutputAndValue
from twisted.trial.unittest import TestCase

import pictd
from pictd.metrics import Metrics
from pictd.model.carried import CarriedOriginal
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord
from pictd.repo.sqlite.database import SqliteRepo

ROOT = str(Path(pictd.__file__).parent.parent)
BUCKET = "-e http://127.0.0.1:9 -b b -r r -a a -s s"


class MigrateStoreTests(TestCase):
    """One stored file, and places for it."""

    async def setUp(self) -> None:  # type: ignore[override]
        """It is where a server would have put it."""
        self.folder = Path(self.mktemp()).absolute()
        (self.folder / "from/01").mkdir(parents=True)
        (self.folder / "from/01/file.png").write_bytes(b"bytes")
        repo = SqliteRepo(self.folder / "pictd.sqlite3", IReactorThreads(reactor), Metrics())
        await repo.open()
        hash = Hash(hashlib.sha256(b"bytes").digest(), 5, Format.IMAGE_PNG)
        record = HashRecord(hash, "01/file.png", 1)
        await repo.records.add_originals([CarriedOriginal(record, {}, [], [], {})])
        await repo.close()

    async def run_words(self, words: str, **more: str) -> tuple[str, str, int]:
        """Output, errors and status.

        :param more: environment variables without their prefix.
        """
        own = {"REPO__TYPE": "sqlite", "REPO__PATH": str(self.folder / "pictd.sqlite3")}
        own |= {"STORE__PATH": str(self.folder / "configured")}
        own |= {"SERVER__TEMPORARY_DIRECTORY": str(self.folder)}
        environment = {f"PICTD__{name}": value for name, value in (own | more).items()}
        given: Sequence[str] = ["-c", "from pictd.tap import main; main()", "migrate-store"]
        out, err, status = await getProcessOutputAndValue(
            sys.executable,
            [*given, *words.format(folder=self.folder).split()],
            {**os.environ, **environment, "PYTHONPATH": ROOT},
            str(self.folder),
        )
        return out.decode(), err.decode(), status

    def moved(self, name: str) -> bool:
        """Whether the file is there."""
        path = self.folder / name / "01/file.png"
        return path.exists() and path.read_bytes() == b"bytes"

    async def test_named_stores(self) -> None:
        """Neither is the configured one, which stays as it is."""
        words = "filesystem -p {folder}/from filesystem -p {folder}/to"
        out, err, status = await self.run_words(words)
        self.assertEqual((out, status), ("copied: 1 files, 0.0 MiB\n", 0), err)
        self.assertTrue(self.moved("to"))
        self.assertFalse((self.folder / "configured").exists())

    async def test_a_named_repo(self) -> None:
        """Comes after the stores. One that is not there is not made: an empty one would refer to
        nothing, and all would seem well."""
        words = "filesystem -p {folder}/from filesystem -p {folder}/to sqlite -p {folder}/"
        none = {"REPO__PATH": str(self.folder / "none")}
        out, err, status = await self.run_words(words + "pictd.sqlite3", **none)
        self.assertEqual((out, status), ("copied: 1 files, 0.0 MiB\n", 0), err)
        _, err, status = await self.run_words(words + "other.sqlite3")
        self.assertEqual(status, 1)
        self.assertIn("other.sqlite3 is not there", err)
        self.assertFalse((self.folder / "other.sqlite3").exists())

    async def test_configured_stores(self) -> None:
        """From the old one to the new one; a dry run writes nothing."""
        old = {"OLD_STORE__TYPE": "filesystem", "OLD_STORE__PATH": str(self.folder / "from")}
        out, _, status = await self.run_words("--dry-run", **old)
        self.assertEqual((out, status), ("would be copied: 1 files, 0.0 MiB\n", 0))
        self.assertFalse((self.folder / "configured").exists())
        self.assertEqual((await self.run_words("", **old))[2], 0)
        self.assertTrue(self.moved("configured"))

    async def test_a_source_that_is_not_there(self) -> None:
        """Is not made, nor taken for one that lacks everything."""
        words = "filesystem -p {folder}/nowhere filesystem -p {folder}/to"
        _, err, status = await self.run_words(words)
        self.assertEqual(status, 1)
        self.assertIn("nowhere is not there", err)
        self.assertFalse((self.folder / "nowhere").exists())

    async def test_wrong_usage(self) -> None:
        """Is told, with status 2; what can't be done, with 1."""
        for words, reason, expected in (
            ("filesystem -p x", "name the store to move to", 2),
            ("--concurrency=0 filesystem filesystem", "--concurrency", 2),
            ("filesystem -p x filesystem -p x", "the same", 1),
            ("", "old_store: it is not set", 1),
            (f"object-storage {BUCKET[:-5]} filesystem -p x", "store.secret_key", 1),
        ):
            _, err, status = await self.run_words(words)
            self.assertEqual(status, expected, err)
            self.assertIn(reason, err)

    async def test_nothing_is_left(self) -> None:
        """In the temporary directory, whatever came of it."""
        await self.run_words("filesystem -p {folder}/from filesystem -p {folder}/to")
        self.assertEqual(list(self.folder.glob("pictd-migration/pictd/*")), [])
