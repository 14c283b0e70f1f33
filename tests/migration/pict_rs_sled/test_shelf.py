"""Records at hand in any order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.pict_rs_sled.failures import NoRoom
from pictd.migration.pict_rs_sled.shelf import Shelf


def open_files() -> int:
    """Of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


class ShelfTests(SynchronousTestCase):
    """Values by key."""

    def test_values(self) -> None:
        """A key may have none, one or several."""
        with closing(Shelf([(b"a", b"2"), (b"a", b"1"), (b"b", b"3")])) as shelf:
            self.assertEqual(shelf.of(b"a"), [b"1", b"2"])
            self.assertEqual(shelf.of(b"b"), [b"3"])
            self.assertEqual(shelf.of(b"c"), [])
            self.assertEqual(shelf.count, 3)

    def test_many(self) -> None:
        """As one by one, however many are asked for; keys without values are left out."""
        items = [(b"%d" % key, b"%d" % value) for key in range(2500) for value in (1, 2)]
        with closing(Shelf(items)) as shelf:
            found = shelf.fetch([key for key, _ in items[::2]] + [b"none"])
            self.assertEqual(found, {key: [b"1", b"2"] for key, _ in items})
            self.assertEqual(shelf.fetch([]), {})

    def test_empty(self) -> None:
        """Of nothing."""
        with closing(Shelf([])) as shelf:
            self.assertEqual((shelf.of(b""), shelf.count), ([], 0))

    def test_threads(self) -> None:
        """It may be made in one thread, and read in another."""
        with ThreadPoolExecutor(1) as other, closing(Shelf([(b"a", b"1")])) as shelf:
            self.assertEqual(other.submit(shelf.of, b"a").result(), [b"1"])

    def test_failure(self) -> None:
        """The temporary database fails as a known error."""
        shelf = Shelf([(b"a", b"1")])
        shelf.close()
        self.assertRaises(NoRoom, shelf.of, b"a")

    def test_failing_records(self) -> None:
        """What goes wrong where they come from is told as it is."""

        def failing() -> Iterator[tuple[bytes, bytes]]:
            yield b"a", b"1"
            raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, Shelf, failing())

    def test_nothing_is_left(self) -> None:
        """Of more than fits into memory, once it is closed."""
        before = open_files()
        records = ((os.urandom(16), bytes(2000)) for _ in range(15_000))
        with closing(Shelf(records)) as shelf:
            self.assertEqual(shelf.count, 15_000)
            self.assertGreater(open_files(), before)
        self.assertEqual(open_files(), before)
