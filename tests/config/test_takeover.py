"""Installations of pict-rs that never named their database."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.config.backends import SqliteRepo
from pictd.config.takeover import unset_repo
from tests.config.samples import from_environment


class TakeoverTests(SynchronousTestCase):
    """A directory where the database is expected is pict-rs's (contract D4)."""

    def setUp(self) -> None:
        """A directory as pict-rs has it."""
        self.sled = Path(self.mktemp())
        self.sled.mkdir()

    def test_a_path_that_is_a_directory(self) -> None:
        """Is taken as sled, with a warning; pictd's own database comes to lie in it."""
        loaded = from_environment({"repo.path": str(self.sled)})
        assert isinstance(loaded.config.repo, SqliteRepo)
        self.assertEqual(loaded.config.repo.sled_directory, self.sled)
        self.assertIn("repo.type", loaded.warnings[0])

    def test_a_type_that_is_set_stands(self) -> None:
        """Nobody knows better."""
        loaded = from_environment({"repo.path": str(self.sled), "repo.type": "sqlite"})
        assert isinstance(loaded.config.repo, SqliteRepo)
        self.assertIsNone(loaded.config.repo.sled_directory)

    def test_a_path_that_is_not_there_yet(self) -> None:
        """Is a file to be."""
        loaded = from_environment({"repo.path": str(self.sled / "new")})
        self.assertEqual(loaded.warnings, ())

    def test_the_default_place_of_pict_rs(self) -> None:
        """Counts until pictd has a database at its own."""
        sqlite = self.sled / "pictd.sqlite3"
        found = unset_repo(self.sled, sqlite)
        assert found is not None
        self.assertEqual(found.raw, "sled")
        sqlite.touch()
        self.assertIsNone(unset_repo(self.sled, sqlite))
        self.assertIsNone(unset_repo(self.sled / "none", self.sled / "other"))
