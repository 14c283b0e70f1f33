"""Files come into the store whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import mkdtemp
from unittest import SkipTest

from twisted.internet.utils import getProcessOutputAndValue
from twisted.python.filepath import FilePath
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.store.markers import stray_identifiers
from pictd.store.placing import place, place_copy, take_out

IDENTIFIER = "01/02/file.png"
ALWAYS = 2**62


class RootMixin:
    """A root with the store's own folder."""

    root: Path

    def make_root(self, folder: str) -> None:
        """As the store makes it."""
        self.root = Path(folder) / "root"
        (self.root / ".pictd").mkdir(parents=True)

    def files(self) -> list[str]:
        """All below the root."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))


class PlacingTests(RootMixin, SynchronousTestCase):
    """On one filesystem."""

    def setUp(self) -> None:
        """A root, and a file to be stored."""
        self.make_root(self.mktemp())
        self.source = Path(self.mktemp())
        self.source.write_bytes(b"new")

    def test_moves(self) -> None:
        """The file is there, with its marker; the source is not."""
        place(self.root, self.source, IDENTIFIER)
        self.assertEqual((self.root / IDENTIFIER).read_bytes(), b"new")
        self.assertEqual(stray_identifiers(self.root, ALWAYS), [IDENTIFIER])
        self.assertFalse(self.source.exists())

    def test_copies_are_whole(self) -> None:
        """One that has another length than its source is not stored, and nothing is left of it: a
        filesystem may cut it short without an error. Here the source claims to be empty."""
        with self.assertRaisesRegex(OSError, "the copy has"):
            place_copy(self.root, Path("/proc/self/status"), IDENTIFIER)
        self.assertEqual(self.files(), [".pictd"])

    def test_never_overwrites(self) -> None:
        """A file that is there stays, and so do its bytes; no marker points at it."""
        taken = self.root / IDENTIFIER
        taken.parent.mkdir(parents=True)
        taken.write_bytes(b"old")
        with self.assertRaises(FileExistsError):
            place(self.root, self.source, IDENTIFIER)
        self.assertEqual(taken.read_bytes(), b"old")
        self.assertEqual(stray_identifiers(self.root, ALWAYS), [])

    def test_an_identifier_whose_marker_is_there(self) -> None:
        """It is another's: that one's marker stays."""
        place(self.root, self.source, IDENTIFIER)
        with self.assertRaises(FileExistsError):
            place(self.root, self.root / IDENTIFIER, IDENTIFIER)
        self.assertEqual(stray_identifiers(self.root, ALWAYS), [IDENTIFIER])

    def test_failure_leaves_nothing(self) -> None:
        """Neither marker nor folders."""
        for source in (Path(self.mktemp()), Path("/dev/null/no")):
            with self.assertRaises(OSError):
                place(self.root, source, IDENTIFIER)
        self.assertEqual(self.files(), [".pictd"])

    def test_symbolic_links_are_refused(self) -> None:
        """The store holds files, not ways out of it."""
        link = Path(self.mktemp())
        link.symlink_to(self.source.absolute())
        with self.assertRaises(OSError):
            place(self.root, link, IDENTIFIER)
        self.assertEqual(self.files(), [".pictd"])

    def test_a_file_where_a_folder_should_be(self) -> None:
        """An error at once, and the file stays."""
        (self.root / "01").write_bytes(b"")
        with self.assertRaises(OSError):
            place(self.root, self.source, IDENTIFIER)
        self.assertEqual(self.files(), [".pictd", "01"])

    def test_take_out_removes_all_traces(self) -> None:
        """File, folders and marker."""
        place(self.root, self.source, IDENTIFIER)
        take_out(self.root, IDENTIFIER)
        self.assertEqual(self.files(), [])


class CopyingTests(RootMixin, TestCase):
    """From another filesystem."""

    def setUp(self) -> None:
        """A source in memory, a root on the disk."""
        self.make_root(self.mktemp())
        memory = Path("/dev/shm")
        if not os.access(memory, os.W_OK) or memory.stat().st_dev == self.root.stat().st_dev:
            raise SkipTest("needs /dev/shm on a filesystem of its own")
        folder = mkdtemp(dir=memory)
        self.addCleanup(FilePath(folder).remove)
        self.source = Path(folder) / "source"
        self.source.write_bytes(b"x" * 100_000)

    def test_copies(self) -> None:
        """The file is there with its mode and its marker, and no unfinished copy."""
        place(self.root, self.source, IDENTIFIER)
        stored = self.root / IDENTIFIER
        self.assertEqual(stored.read_bytes(), b"x" * 100_000)
        self.assertEqual(stored.stat().st_mode & 0o777, 0o640)
        self.assertEqual(stray_identifiers(self.root, ALWAYS), [IDENTIFIER])
        self.assertEqual(len(list((self.root / ".pictd").iterdir())), 1)

    async def test_a_disk_that_is_full(self) -> None:
        """Nothing is left behind. A limit on file sizes fails a write as a full disk does."""
        program = (
            "import resource, sys; from pathlib import Path;"
            "from pictd.store.placing import place;"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
            "place(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])"
        )
        _, errors, status = await getProcessOutputAndValue(
            sys.executable,
            ["-c", program, str(self.root.absolute()), str(self.source), IDENTIFIER],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.assertEqual(status, 1)
        self.assertIn(b"File too large", errors)
        self.assertEqual(self.files(), [".pictd"])
