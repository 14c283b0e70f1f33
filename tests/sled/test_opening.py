"""Which folders are opened, and how the others are refused."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding
from pictd.sled.database import open_database
from pictd.sled.failures import (
    DatabaseDamaged,
    DatabaseInUse,
    DatabaseUnreadable,
    NotADatabase,
    NotPermitted,
    OldDatabase,
    SledFailure,
    UnsupportedDatabase,
)
from pictd.sled.places import is_named
from tests.sled.cases import TREE, begun, read
from tests.support.sled import SledWriter, conf

NOBODY = 65534
RECORDS = {b"a": b"1"}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, and so is no root for that time."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


class OpeningTests(SynchronousTestCase):
    """The door."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.folder = self.path / "v0.5.0"
        begun(SledWriter(), RECORDS).save(self.folder)

    def test_both_paths(self) -> None:
        """What pict-rs calls ``repo.path``, and the folder in it."""
        self.assertEqual(read(self.path), RECORDS)
        self.assertEqual(read(self.folder), RECORDS)

    def test_missing(self) -> None:
        """A folder that is not there."""
        self.assertRaises(NotADatabase, open_database, self.path / "missing")

    def test_a_file(self) -> None:
        """A file instead of a folder."""
        self.assertRaises(NotADatabase, open_database, self.folder / "conf")

    def test_empty_folder(self) -> None:
        """A folder with nothing in it."""
        empty = Path(self.mktemp())
        empty.mkdir()
        self.assertRaises(NotADatabase, open_database, empty)

    def test_empty_current_folder(self) -> None:
        """The folder of the current version, with nothing in it."""
        (self.folder / "db").unlink()
        self.assertRaises(NotADatabase, open_database, self.path)

    def test_foreign_folder(self) -> None:
        """Something else that has a file of that name."""
        (self.folder / "conf").unlink()
        (self.folder / "db").write_bytes(b"SQLite format 3\0" * 1000)
        self.assertRaises(NotADatabase, open_database, self.folder)

    def test_foreign_conf(self) -> None:
        """Something else that has such a file, too."""
        (self.folder / "conf").write_bytes(b"[server]\nport = 8080\n")
        self.assertRaises(NotADatabase, open_database, self.folder)

    def test_foreign_content(self) -> None:
        """With the right settings, it is a database of which nothing is left."""
        (self.folder / "db").write_bytes(b"something else" * 1000)
        self.assertRaises(DatabaseDamaged, open_database, self.folder)

    def test_a_folder_for_the_log(self) -> None:
        """Is no log."""
        (self.folder / "db").unlink()
        (self.folder / "db").mkdir()
        self.assertRaises(NotADatabase, open_database, self.folder)

    def test_a_pipe_for_the_log(self) -> None:
        """Nor does it hold us up."""
        (self.folder / "db").unlink()
        os.mkfifo(self.folder / "db")
        self.assertRaises(NotADatabase, open_database, self.folder)

    def test_old_database(self) -> None:
        """That of pict-rs 0.4, with nothing newer: the way on is told."""
        self.folder.rename(self.path / "v0.4.0-alpha.1")
        error = self.assertRaises(OldDatabase, open_database, self.path)
        self.assertIn("start pict-rs 0.5 on it once", str(error))
        self.assertRaises(OldDatabase, open_database, self.path / "v0.4.0-alpha.1")

    def test_old_beside_current(self) -> None:
        """After that step the old one lies there still, and is of no interest."""
        (self.path / "v0.4.0-alpha.1").mkdir()
        self.assertEqual(read(self.path), RECORDS)

    def test_other_version(self) -> None:
        """The layout differs between versions of sled."""
        (self.folder / "conf").write_bytes(conf(4096, version="0.35"))
        self.assertRaises(UnsupportedDatabase, open_database, self.path)

    def test_compression(self) -> None:
        """It is not supported."""
        (self.folder / "conf").write_bytes(conf(4096, compression="true"))
        self.assertRaises(UnsupportedDatabase, open_database, self.path)

    def test_impossible_segments(self) -> None:
        """No segments are of such sizes."""
        for size in (0, 128, 4095, 2**25):
            (self.folder / "conf").write_bytes(conf(size))
            self.assertRaises(NotADatabase, open_database, self.path)

    def test_checksum_of_conf(self) -> None:
        """Is but noted."""
        data = (self.folder / "conf").read_bytes()
        (self.folder / "conf").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with open_database(self.path) as database:
            self.assertEqual(dict(database.tree(TREE).items()), RECORDS)
            self.assertEqual(database.damage.counts, {Finding.CONF: 1})

    def test_without_conf(self) -> None:
        """Sled takes its defaults, and so do we."""
        folder = Path(self.mktemp())
        begun(SledWriter(524288), RECORDS).save(folder)
        (folder / "conf").unlink()
        self.assertEqual(read(folder), RECORDS)

    def test_no_permission(self) -> None:
        """To read the log."""
        (self.folder / "db").chmod(0)
        with as_nobody():
            self.assertRaises(NotPermitted, open_database, self.path.absolute())

    def test_files_of_somebody_else(self) -> None:
        """Times of access can't be kept then, but all can be read."""
        folder = Path(mkdtemp())  # above trial's own folder there may be closed ones
        self.addCleanup(shutil.rmtree, folder)
        log = begun(SledWriter(), RECORDS).save(folder / "v0.5.0")
        for path in (folder, log, log / "blobs", *log.iterdir()):
            path.chmod(0o755)
        with as_nobody():
            self.assertEqual(read(folder), RECORDS)

    def test_failing_disk(self) -> None:
        """A snapshot that is a folder stands for what the system can't read."""
        (self.folder / "snap.0000000000000001").mkdir()
        self.assertRaises(SledFailure, open_database, self.path)

    def test_closed(self) -> None:
        """No tree can be read any more, instead of another file."""
        with open_database(self.path) as database:
            tree = database.tree(TREE)
        self.assertRaises(DatabaseUnreadable, list, tree.items())

    def test_nothing_stays_open(self) -> None:
        """Neither after reading nor after a refusal."""
        before = len(list(Path("/proc/self/fd").iterdir()))
        read(self.path)
        (self.folder / "conf").write_bytes(conf(4096, version="0.35"))
        self.assertRaises(UnsupportedDatabase, open_database, self.path)
        self.assertEqual(len(list(Path("/proc/self/fd").iterdir())), before)


class NameTests(SynchronousTestCase):
    """Whether a folder is one of pict-rs's, sound or not."""

    def setUp(self) -> None:
        """An empty folder."""
        self.folder = Path(mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_names(self) -> None:
        """What is half copied, or of an old version, is one as well."""
        for name in ("db", "v0.5.0", "v0.4.0-alpha.1"):
            (self.folder / name).mkdir()
            self.assertTrue(is_named(self.folder), name)
            (self.folder / name).rmdir()

    def test_others(self) -> None:
        """An empty folder, one of somebody else's, a file, and nothing at all."""
        (self.folder / "files").mkdir()
        (self.folder / "file").touch()
        self.assertFalse(is_named(self.folder))
        for name in ("files", "file", "none"):
            self.assertFalse(is_named(self.folder / name), name)


class LockTests(SynchronousTestCase):
    """The lock that keeps pict-rs and a reader apart."""

    def setUp(self) -> None:
        self.folder = begun(SledWriter(), RECORDS).save(Path(self.mktemp()))
        self.other = os.open(self.folder / "db", os.O_RDWR)
        self.addCleanup(os.close, self.other)

    def test_pict_rs_runs(self) -> None:
        """It is not read then, not even by force."""
        fcntl.flock(self.other, fcntl.LOCK_EX)
        self.assertRaises(DatabaseInUse, open_database, self.folder)
        self.assertRaises(DatabaseInUse, open_database, self.folder, forced=True)

    def test_pict_rs_can_not_start(self) -> None:
        """While it is read; but afterwards it can."""
        with open_database(self.folder):
            self.assertRaises(
                BlockingIOError, fcntl.flock, self.other, fcntl.LOCK_EX | fcntl.LOCK_NB
            )
        fcntl.flock(self.other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_two_readers(self) -> None:
        """Don't disturb each other."""
        with open_database(self.folder):
            self.assertEqual(read(self.folder), RECORDS)
