"""Files and folders that can't be used are found before the server starts."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import attrs
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from pictd.admin.places import unusable
from pictd.config.backends import FilesystemStore, SqliteRepo
from pictd.config.schema import Config, Server

NOBODY = 65534


class PlacesTests(SynchronousTestCase):
    """A folder that everybody may look into, and a configuration with everything below it."""

    def setUp(self) -> None:
        """Make the folder."""
        self.folder = Path(tempfile.mkdtemp(prefix="pictd-places-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)

    def config(self, **server: Any) -> Config:
        """With places in three folders."""
        places = {"temporary_directory": self.folder / "tmp" / "deeper"}
        return Config(
            server=attrs.evolve(Server(), **{**places, **server}),
            repo=SqliteRepo(self.folder / "facts" / "pictd.sqlite3"),
            store=FilesystemStore(self.folder / "files"),
        )

    def found(self, **server: Any) -> list[str]:
        """What is told."""
        return list(unusable(self.config(**server)))

    def become_nobody(self) -> None:
        """Root may write everywhere; until the test ends this process is a user who may not."""
        if os.geteuid() == 0:
            try:
                os.seteuid(NOBODY)
            except OSError as error:
                raise SkipTest(f"root can't become another user here: {error}") from error
            self.addCleanup(os.seteuid, 0)

    def test_what_is_not_there_yet(self) -> None:
        """Is no finding, and still not there afterwards: the server makes it."""
        self.assertEqual(self.found(), [])
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_is_there(self) -> None:
        """Is none either."""
        for name in ("tmp/deeper/pictd", "facts", "files"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "facts/pictd.sqlite3").touch()
        self.assertEqual(self.found(), [])

    def test_a_file_in_the_place_of_a_folder(self) -> None:
        """Each key is named, with what is in its way."""
        for name in ("tmp", "facts", "files"):
            (self.folder / name).touch()
        keys = [line.split(":")[0] for line in self.found()]
        self.assertEqual(keys, ["server.temporary_directory", "repo.path", "store.path"])
        for line in self.found():
            self.assertIn("is not a directory", line)

    def test_an_old_store(self) -> None:
        """It must be there: a misspelt one would be empty, and every file missing."""
        folder = self.folder / "old"
        config = attrs.evolve(self.config(), old_store=FilesystemStore(folder))
        self.assertEqual(list(unusable(config)), [f"old_store.path: {folder} is not there"])
        folder.mkdir()
        self.assertEqual(list(unusable(config)), [])

    def test_a_folder_in_the_place_of_the_database(self) -> None:
        """The name of a directory is a common mistake for ``repo.path``."""
        database = self.folder / "facts/pictd.sqlite3"
        database.mkdir(parents=True)
        self.assertEqual(self.found(), [f"repo.path: {database} is not a file"])

    def test_folders_of_somebody_else(self) -> None:
        """Can't be made, nor used where they are there."""
        (self.folder / "files").mkdir(mode=0o755)
        self.folder.chmod(0o555)
        (self.folder / "files").chmod(0o555)
        self.become_nobody()
        found = self.found()
        self.assertEqual(len(found), 3)
        self.assertIn("can't be made", found[0])
        self.assertIn("files can't be written by this user", found[2])

    def test_a_database_of_somebody_else(self) -> None:
        """Must be writable itself."""
        for name in ("tmp", "facts", "files"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        database = self.folder / "facts/pictd.sqlite3"
        database.touch()
        database.chmod(0o444)
        self.become_nobody()
        self.assertEqual(self.found(), [f"repo.path: {database} can't be written by this user"])

    def test_a_hidden_folder(self) -> None:
        """What can't be seen is not taken for something that can be made."""
        for name in ("tmp", "facts"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        (self.folder / "files").mkdir()
        hidden = self.folder / "hidden"
        hidden.mkdir()
        hidden.chmod(0)
        (self.folder / "files").chmod(0o777)
        self.become_nobody()
        found = self.found(temporary_directory=hidden / "tmp")
        self.assertEqual(len(found), 1)
        self.assertIn("Permission denied", found[0])

    def test_a_store_that_is_only_read(self) -> None:
        """Suffices for a read-only node."""
        for name in ("tmp", "facts"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        (self.folder / "files").mkdir()
        (self.folder / "files").chmod(0o555)
        self.become_nobody()
        self.assertEqual(self.found(read_only=True), [])
        self.assertEqual(len(self.found()), 1)
