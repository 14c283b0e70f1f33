"""Schema files are applied once, in order, all or none."""

from __future__ import annotations

import sqlite3

from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import RepoUnavailable
from pictd.repo.sqlite.schema import scripts, upgrade

FIRST = (1, "CREATE TABLE one (a); -- a comment; with a semicolon\nINSERT INTO one VALUES (';');")
SECOND = (2, "CREATE TABLE two (b);\nINSERT INTO one VALUES (2)")
BROKEN = (3, "CREATE TABLE three (c);\nINSERT INTO nowhere VALUES (1);")


class UpgradeTests(SynchronousTestCase):
    """A database in memory."""

    def setUp(self) -> None:
        """Empty."""
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.addCleanup(self.connection.close)

    def version(self) -> object:
        """What the database says of itself."""
        return self.connection.execute("PRAGMA user_version").fetchone()[0]

    def tables(self) -> set[str]:
        """Their names."""
        return {name for (name,) in self.connection.execute("SELECT name FROM sqlite_schema")}

    def test_applies_what_is_missing(self) -> None:
        """Each file once."""
        upgrade(self.connection, [FIRST])
        upgrade(self.connection, [FIRST, SECOND])
        upgrade(self.connection, [FIRST, SECOND])
        rows = self.connection.execute("SELECT a FROM one").fetchall()
        self.assertEqual((self.version(), rows), (2, [(";",), (2,)]))

    def test_all_or_none(self) -> None:
        """A statement that fails undoes all files of this start."""
        upgrade(self.connection, [FIRST])
        with self.assertRaises(sqlite3.OperationalError):
            upgrade(self.connection, [FIRST, SECOND, BROKEN])
        self.assertEqual((self.version(), self.tables()), (1, {"one"}))
        upgrade(self.connection, [FIRST, SECOND])

    def test_refuses_a_newer_database(self) -> None:
        """The error names both versions; the database stays as it is."""
        upgrade(self.connection, [FIRST, SECOND])
        error = self.assertRaises(RepoUnavailable, upgrade, self.connection, [FIRST])
        self.assertIn("version 2", str(error))
        self.assertIn("up to 1", str(error))
        self.assertFalse(self.connection.in_transaction)

    def test_the_files_are_numbered_without_gaps(self) -> None:
        """From 1 on."""
        numbers = [number for number, _ in scripts()]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_the_files_work(self) -> None:
        """On an empty database, and with every constraint on."""
        upgrade(self.connection, scripts())
        self.assertLessEqual({"hashes", "aliases", "variants", "jobs", "uploads"}, self.tables())
