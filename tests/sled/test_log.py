"""The log as kills, restarts and the reuse of segments leave it (spec sled §4, §5, §9)."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding
from pictd.sled.database import open_database
from tests.sled.cases import LEAF, ROOT, TREE, begun, read
from tests.support.sled import (
    BATCH,
    CANCELLED,
    LINK,
    LINK_BLOB,
    NODE_BLOB,
    RED_ZONE,
    Index,
    Leaf,
    SledWriter,
    deletion,
    message,
    setting,
    snapshot,
)

SIZE = 512
A, B, C = (b"a", b"1"), (b"b", b"2"), (b"c", b"3")


class LogTests(SynchronousTestCase):
    """Segments, messages, and where they end."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.log = begun(SledWriter(SIZE))

    def found(self) -> dict[bytes, bytes]:
        """Of the log so far, without damage."""
        return read(self.log.save(self.folder))

    def notes(self) -> set[Finding]:
        """All findings of the log so far."""
        with open_database(self.log.save(self.folder), forced=True) as database:
            return set(database.check().counts)

    def link(self, *record: bytes) -> int:
        """A record comes into the tree."""
        return self.log.link(LEAF, setting(*record))

    def next_segment(self, slot: int | None = None) -> None:
        """Nothing more comes in this one."""
        self.log.cap()
        self.log.begin_segment(slot)

    def test_changes(self) -> None:
        """Changes count in the order in which they were written."""
        self.link(*A)
        self.link(*B)
        self.link(b"a", b"9")
        self.log.link(LEAF, deletion(b"b"))
        self.assertEqual(self.found(), {b"a": b"9"})

    def test_several_segments(self) -> None:
        """The log goes on behind a cap, and behind a red zone."""
        wanted = {b"%03d" % number: b"x" * (number % 90) for number in range(200)}
        for record in wanted.items():
            self.link(*record)
        self.assertEqual(self.found(), wanted)

    def test_new_base(self) -> None:
        """A page as a whole replaces all that was."""
        self.link(*A)
        self.log.node(LEAF, Leaf(dict([B])))
        self.link(*C)
        self.assertEqual(self.found(), dict([B, C]))

    def test_cancelled(self) -> None:
        """What was cancelled counts for nothing."""
        self.log.put(CANCELLED, LEAF, setting(*A))
        self.link(*B)
        self.assertEqual(self.found(), dict([B]))

    def test_change_without_a_base(self) -> None:
        """A change to a page that is not there is none."""
        self.log.link(77, setting(*A))
        self.log.free(77)
        for page in range(4, 77):
            self.log.free(page)
        self.assertEqual(self.found(), {})

    def test_order_is_that_of_the_log(self) -> None:
        """A segment that was freed is written again: its place in the file says nothing."""
        self.next_segment()
        begun(self.log, dict([A, B]))
        self.next_segment(slot=0)
        self.link(b"a", b"9")
        self.assertEqual(self.found(), dict([(b"a", b"9"), B]))

    def test_left_overs_of_a_former_life(self) -> None:
        """They have good checksums, and are no part of the log."""
        self.link(*A)
        for _ in range(8):
            self.link(b"z", b"left over")
        self.next_segment()
        begun(self.log)
        self.next_segment(slot=0)
        self.link(*B)
        self.assertEqual(self.found(), dict([B]))

    def test_red_zone(self) -> None:
        """No message starts in the last 32 bytes of a segment, whatever lies there."""
        room = SIZE - RED_ZONE + 1 - self.log.lsn
        sizes = (len(message(LINK, 0, LEAF, setting(b"a", bytes(n)))) for n in range(SIZE))
        self.link(b"a", bytes(next(n for n, size in enumerate(sizes) if size == room)))
        self.assertEqual(self.log.lsn, SIZE - RED_ZONE + 1)
        self.log.raw(message(LINK, 0, LEAF, setting(*C)))
        self.log.begin_segment()
        self.link(*B)
        self.assertEqual(set(self.found()), {b"a", b"b"})

    def test_one_byte_short(self) -> None:
        """A file may end one byte before its last segment does."""
        self.link(*A)
        self.log.raw(bytes(SIZE - 1 - self.log.lsn % SIZE))
        self.assertEqual(self.found(), dict([A]))
        self.assertEqual((self.folder / "db").stat().st_size, SIZE - 1)

    def test_capped_and_one_byte_short(self) -> None:
        """Also where the segment was capped."""
        self.link(*A)
        self.log.cap()
        self.log.raw(bytes(SIZE - 1 - self.log.lsn % SIZE))
        self.assertEqual(self.found(), dict([A]))

    def test_torn_message(self) -> None:
        """A message that is cut short ends the log, and is noted."""
        self.link(*A)
        self.log.raw(message(LINK, 0, LEAF, setting(*B))[:-1])
        self.assertEqual(self.found(), dict([A]))
        self.folder = Path(self.mktemp())
        self.assertEqual(self.notes(), {Finding.TORN_TAIL})

    def test_batch(self) -> None:
        """A batch that is all there counts, up to its very last byte."""
        start = self.log.lsn + len(message(BATCH, 0, 2**64 - 667, bytes(8)))
        size = len(message(LINK, 0, LEAF, setting(*A)))
        self.log.batch(start + 2 * size - 1)
        self.link(*A)
        self.link(*B)
        self.assertEqual(self.found(), dict([A, B]))

    def test_torn_batch(self) -> None:
        """Of a batch that lacks a byte, nothing counts, nor anything behind."""
        start = self.log.lsn + len(message(BATCH, 0, 2**64 - 667, bytes(8)))
        size = len(message(LINK, 0, LEAF, setting(*A)))
        self.link(*C)
        self.log.batch(start + 3 * size)
        self.link(*A)
        self.link(*B)
        self.assertEqual(self.found(), dict([C]))
        self.folder = Path(self.mktemp())
        self.assertEqual(self.notes(), {Finding.TORN_TAIL})

    def test_torn_at_the_start_of_a_segment(self) -> None:
        """The segment before it is whole."""
        self.link(*A)
        self.next_segment()
        self.log.raw(message(LINK, 1, LEAF, setting(*B))[:-1])
        self.assertEqual(self.found(), dict([A]))

    def test_snapshot(self) -> None:
        """What it says is not read from the log again; that goes on where it ends."""
        log = SledWriter(SIZE)
        counter = log.put(5, 1, b"\0")
        leaf = log.node(LEAF, Leaf(dict([A])))
        root = log.node(ROOT, Index({b"": LEAF}))
        meta = log.meta({TREE: ROOT})
        link = log.link(LEAF, setting(*B))
        stable = log.lsn
        log.link(LEAF, setting(*C))
        pages = [[meta], [counter], [leaf, link], [root], []]
        items = [[(lsn, lsn) for lsn in page] for page in pages]
        log.save(self.folder)
        name = f"snap.{stable:016X}"
        (self.folder / name).write_bytes(snapshot(stable, items))
        (self.folder / "snap.FFFFFFFFFFFFFFFF.generating").write_bytes(b"half")
        self.assertEqual(read(self.folder), dict([A, B, C]))

    def test_newest_snapshot(self) -> None:
        """Of several the newest counts; an older one is not even opened."""
        self.link(*A)
        self.log.save(self.folder)
        name = f"snap.{self.log.lsn:016X}"
        pages = [[(self.log.lsn - 1, 0)]] * 4
        (self.folder / "snap.0000000000000001").write_bytes(snapshot(1, pages))
        (self.folder / name).write_bytes(b"damaged")
        self.assertEqual(read(self.folder), dict([A]))


class BlobTests(SynchronousTestCase):
    """Bodies in files of their own (spec sled §7)."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.log = begun(SledWriter(SIZE))

    def test_change_in_a_blob(self) -> None:
        """A value larger than a segment."""
        value = bytes(5 * SIZE)
        self.log.blob(LINK_BLOB, LEAF, setting(b"a", value))
        self.assertEqual(read(self.log.save(self.folder)), {b"a": value})

    def test_page_in_a_blob(self) -> None:
        """The file may be of another number than the message's position."""
        self.log.blob(NODE_BLOB, LEAF, Leaf(dict([A])).encoded(), number=4711)
        self.log.link(LEAF, setting(*B))
        self.assertEqual(read(self.log.save(self.folder)), dict([A, B]))

    def test_superseded_blob(self) -> None:
        """Its file is gone before its message: that is no damage."""
        self.log.blob(LINK_BLOB, LEAF, setting(*A))
        self.log.blobs.clear()
        self.log.link(LEAF, setting(*B))
        self.assertEqual(read(self.log.save(self.folder)), dict([B]))

    def test_stray_blobs(self) -> None:
        """Files that nothing refers to mean nothing."""
        self.log.blobs[12345] = b"stray"
        self.assertEqual(read(self.log.save(self.folder)), {})
