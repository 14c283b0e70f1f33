"""Open files stay open for a while, and never too many of them."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.store.descriptors import OpenFile, OpenFiles


class OpenFilesTests(SynchronousTestCase):
    """A cache of two."""

    def setUp(self) -> None:
        """Empty."""
        self.files = OpenFiles(most=2)

    def opened(self, name: str) -> OpenFile:
        """A file that is put into the cache."""
        path = Path(self.mktemp())
        path.write_bytes(b"bytes")
        file = OpenFile(path)
        self.files.put(name, file)
        return file

    def is_open(self, descriptor: int) -> bool:
        """Whether the number stands for a file now."""
        try:
            os.fstat(descriptor)
        except OSError:
            return False
        return True

    def test_keeps_what_was_used_last(self) -> None:
        """The one that was not used for the longest time is closed."""
        first, second = self.opened("a").descriptor, self.opened("b").descriptor
        self.assertIsNotNone(self.files.get("a"))
        self.opened("c")
        self.assertEqual((self.is_open(first), self.is_open(second)), (True, False))
        self.assertIsNone(self.files.get("b"))

    def test_readers_keep_theirs(self) -> None:
        """A file in use stays open when the cache forgets it, and is closed after."""
        file = self.opened("a")
        descriptor = file.descriptor
        self.opened("b")
        self.opened("c")
        self.assertEqual(os.pread(descriptor, 5, 0), b"bytes")
        del file
        self.assertFalse(self.is_open(descriptor))

    def test_forgets(self) -> None:
        """Idempotently."""
        descriptor = self.opened("a").descriptor
        self.files.forget("a")
        self.files.forget("a")
        self.assertFalse(self.is_open(descriptor))

    def test_opening_twice_keeps_one(self) -> None:
        """Two readers that open the same file at once leave one descriptor."""
        first, second = self.opened("a").descriptor, self.opened("a").descriptor
        self.assertEqual((self.is_open(first), self.is_open(second)), (False, True))

    def test_a_file_that_can_not_be_opened(self) -> None:
        """The error comes through, and nothing is left to close."""
        with self.assertRaises(FileNotFoundError):
            OpenFile(Path(self.mktemp()))
