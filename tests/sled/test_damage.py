"""What rot and careless copies do to a database, and what is made of it (spec sled §10)."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding, Report
from pictd.sled.database import open_database
from pictd.sled.failures import DatabaseDamaged
from tests.sled.cases import LEAF, TREE, begun, read
from tests.support.sled import (
    BATCH,
    LINK,
    LINK_BLOB,
    META,
    NODE,
    Leaf,
    SledWriter,
    message,
    setting,
    snapshot,
    varint,
)

SIZE = 512
A, B, C, D = (b"a", b"1"), (b"b", b"2"), (b"c", b"3"), (b"d", b"4")


class DamageTests(SynchronousTestCase):
    """Of the log."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.log = begun(SledWriter(SIZE))

    def link(self, *record: bytes) -> int:
        """A record comes into the tree.

        :return: where in the file.
        """
        before = self.log.place
        self.log.link(LEAF, setting(*record))
        return before

    def next_segment(self) -> None:
        """Nothing more comes in this one."""
        self.log.cap()
        self.log.begin_segment()

    def end(self) -> None:
        """All so far is known to be on disk, as two segments more tell."""
        for _ in range(2):
            self.next_segment()
            self.log.put(5, 1, b"\0")

    def damage(self, at: int, size: int = 1) -> None:
        """Save the log, with other bytes there."""
        self.log.save(self.folder)
        data = bytearray((self.folder / "db").read_bytes())
        for each in range(at, at + size):
            data[each] ^= 0x55
        (self.folder / "db").write_bytes(data)

    def forced(self) -> tuple[dict[bytes, bytes], Report]:
        """What can be read, after it was refused."""
        error = self.assertRaises(DatabaseDamaged, read, self.folder)
        self.assertGreater(error.report.damaged, 0)
        with open_database(self.folder, forced=True) as database:
            return dict(database.tree(TREE).items()), database.damage

    def test_message_in_the_middle(self) -> None:
        """It is refused; forced, all is there but that message, which is named."""
        self.link(*A)
        at = self.link(*B)
        self.link(*C)
        self.end()
        self.damage(at + 10)
        found, report = self.forced()
        self.assertEqual(found, dict([A, C]))
        self.assertEqual(report.counts, {Finding.MESSAGE: 1})
        self.assertIn(f"position {at}, ", report.damages[0].where)
        self.assertIn(f"page {LEAF}", report.damages[0].where)

    def test_superseded_message(self) -> None:
        """Nothing is lost where the page was written anew behind it, or given up: it is noted."""
        self.log.node(9, Leaf())
        lost = [self.link(*A), self.log.place]
        self.log.link(9, setting(*B))
        self.log.node(LEAF, Leaf(dict([C])))
        for page in range(4, 10):
            self.log.free(page)
        self.end()
        for at in lost:
            self.damage(at + 10)
            with open_database(self.folder) as database:
                self.assertEqual(dict(database.tree(TREE).items()), dict([C]))
                self.assertEqual(database.damage.counts, {Finding.SUPERSEDED: 1})
            shutil.rmtree(self.folder)

    def test_message_of_another_page(self) -> None:
        """Where the number of the page is what is wrong, nobody knows what was lost."""
        self.log.node(LEAF + 64, Leaf())
        at = self.link(*A)
        for page in range(4, LEAF + 65):
            self.log.free(page)
        self.end()
        self.log.save(self.folder)
        for byte, bit in ((7, 6), (4, 1)):
            self.flip(at + byte, bit)
            found, report = self.forced()
            self.assertEqual((found, report.counts), ({}, {Finding.MESSAGE: 1}))
            self.flip(at + byte, bit)

    def flip(self, at: int, bit: int) -> None:
        """One bit of the log that was saved."""
        data = bytearray((self.folder / "db").read_bytes())
        data[at] ^= 1 << bit
        (self.folder / "db").write_bytes(data)

    def test_size_of_a_message(self) -> None:
        """Where even the end of the bad message is not known, the next good one is found."""
        at = self.link(*A)
        self.log.node(LEAF, Leaf(dict([B])))
        self.end()
        self.damage(at + 5)
        found, report = self.forced()
        self.assertEqual(found, dict([B]))
        self.assertIn("an unknown page", report.damages[0].where)

    def test_changes_of_a_lost_base(self) -> None:
        """Keys are stored without what those of the base have in common: on another base they
        would be other keys, so that they are left out, and counted."""
        base = self.log.place
        self.log.node(LEAF, Leaf({b"kb": b"1"}, b"", b""))
        self.link(b"x", b"2")
        self.end()
        self.damage(base + 12)
        found, report = self.forced()
        self.assertEqual(found, {})
        self.assertEqual(report.counts, {Finding.MESSAGE: 1, Finding.CHANGE: 1})

    def test_end_of_the_log(self) -> None:
        """A place that can't be read is the end only if nothing good comes behind."""
        self.link(*A)
        at = self.link(*B)
        self.log.node(LEAF, Leaf(dict([A, C])))
        self.damage(at + 10)
        found, report = self.forced()
        self.assertEqual(found, dict([A, C]))
        self.assertIn(Finding.LOG_BROKEN, report.counts)

    def test_last_message(self) -> None:
        """The very last one is what a kill may cost."""
        self.link(*A)
        at = self.link(*B)
        self.damage(at + 10)
        self.assertEqual(read(self.folder), dict([A]))

    def test_inside_the_last_batch(self) -> None:
        """So are the members of a batch, behind a bad one, too."""
        self.link(*A)
        size = len(message(LINK, 0, LEAF, setting(*B)))
        frame = len(message(BATCH, 0, 2**64 - 667, bytes(8)))
        self.log.batch(self.log.lsn + frame + 3 * size - 1)
        at = self.link(*B)
        self.link(*C)
        self.link(*D)
        self.damage(at + 10)
        self.assertEqual(read(self.folder), dict([A]))

    def test_header_of_a_segment(self) -> None:
        """Its messages tell what it was."""
        self.next_segment()
        header = self.log.place - 20
        self.link(*A)
        self.end()
        self.damage(header + 9)
        found, report = self.forced()
        self.assertEqual(found, dict([A]))
        self.assertEqual(report.counts, {Finding.SEGMENT: 1})

    def test_blank_header_of_a_segment(self) -> None:
        """Sled itself gives segments up so: it is not used, but told."""
        self.next_segment()
        header = self.log.place - 20
        self.link(*A)
        self.end()
        self.log.save(self.folder)
        data = bytearray((self.folder / "db").read_bytes())
        data[header : header + 20] = bytes(20)
        (self.folder / "db").write_bytes(data)
        found, report = self.forced()
        self.assertEqual(found, {})
        self.assertEqual(report.counts, {Finding.SEGMENT: 1})

    def test_missing_segment(self) -> None:
        """One that has to be on disk, for a later one says so."""
        self.next_segment()
        gap = self.log.place - 20
        self.link(*A)
        self.next_segment()
        self.log.node(LEAF, Leaf(dict([B])))
        self.log.save(self.folder)
        data = (self.folder / "db").read_bytes()
        (self.folder / "db").write_bytes(data[:gap] + bytes(SIZE) + data[gap + SIZE :])
        found, report = self.forced()
        self.assertEqual(found, dict([B]))
        self.assertIn(Finding.SEGMENT, report.counts)

    def test_two_segments_of_one_position(self) -> None:
        """Nobody can tell which is right."""
        self.next_segment()
        start = self.log.place - 20
        self.link(*A)
        self.end()
        self.log.save(self.folder)
        data = (self.folder / "db").read_bytes()
        last = data[: -(len(data) % SIZE)].ljust(4 * SIZE, b"\0")
        (self.folder / "db").write_bytes(last + data[start : start + SIZE])
        self.assertIn(Finding.SEGMENT, self.forced()[1].counts)

    def test_free_segment_overwritten_at_a_kill(self) -> None:
        """Its messages are of a life that the log never came to: nothing was lost."""
        self.next_segment()
        self.link(*A)
        self.link(*B)
        self.log.put(5, 1, b"\0")
        slot = self.log.place // SIZE * SIZE + 20
        self.next_segment()
        begun(self.log, dict([C]))
        self.end()
        self.log.save(self.folder)
        data = bytearray((self.folder / "db").read_bytes())
        later = message(LINK, 9, LEAF, setting(*D))
        data[slot : slot + len(later)] = later
        (self.folder / "db").write_bytes(data)
        self.assertEqual(read(self.folder), dict([C]))
        with open_database(self.folder) as database:
            self.assertEqual(database.damage.counts, {Finding.SEGMENT_REUSED: 1})

    def test_lost_page(self) -> None:
        """Every page below the highest has a state, be it that it is free."""
        self.log.free(5)
        self.log.save(self.folder)
        self.assertIn("the first is 4", str(self.forced()[1].damages[0]))

    def test_counts_that_lie(self) -> None:
        """Cost no memory beyond what the file is worth."""
        empty = Leaf().encoded()
        self.log.put(NODE, LEAF, empty[:-1] + varint(2**60))
        self.log.put(META, 0, varint(2**60) + TREE)
        self.log.free(2**60)
        self.log.save(self.folder)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual(self.forced()[0], {})
        self.assertLess(tracemalloc.get_traced_memory()[1], 2**20)

    def test_damaged_blob(self) -> None:
        """One that is there, but is not what it was."""
        self.link(*A)
        self.log.blob(LINK_BLOB, LEAF, setting(*B))
        self.link(*C)
        self.log.save(self.folder)
        (blob,) = (self.folder / "blobs").iterdir()
        blob.write_bytes(blob.read_bytes()[:-1] + b"!")
        self.assertNotIn(b"b", self.forced()[0])

    def test_blob_of_the_snapshot(self) -> None:
        """One that a page needs may not be missing."""
        pages = [[(0, 0)], [(0, 0)], []]
        self.log.save(self.folder)
        name = f"snap.{self.log.lsn:016X}"
        (self.folder / name).write_bytes(snapshot(self.log.lsn, pages))
        self.assertRaises(DatabaseDamaged, read, self.folder)

    def test_log_shorter_than_the_snapshot(self) -> None:
        """A copy that lacks its end."""
        self.log.save(self.folder)
        end = self.log.lsn
        pages = [[(20, 20)], [(20, 20)], [(20, 20)], [(20, 20)]]
        (self.folder / f"snap.{end + 5:016X}").write_bytes(snapshot(end + 5, pages))
        self.assertIn(Finding.LOG_BROKEN, self.forced()[1].counts)

    def test_empty_log(self) -> None:
        """A new database has trees already: an empty one is none that was ever used."""
        self.log.save(self.folder)
        (self.folder / "db").write_bytes(b"")
        found, report = self.forced()
        self.assertEqual((found, report.counts), ({}, {Finding.EMPTY: 1}))

    def test_many_findings(self) -> None:
        """All are counted, and not all are named."""
        for number in range(300):
            self.log.link(1000 + number, b"")
            self.log.raw(b"\1" + bytes(20))
            if number % 4 == 0:
                self.next_segment()
        self.end()
        self.log.save(self.folder)
        report = self.forced()[1]
        self.assertGreater(report.damaged, 101)
        self.assertEqual(len(report.damages), report.counts.get(Finding.PAGE_LOST, 0) + 100)
