"""The snapshot: the page table as it was."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding
from pictd.sled.files import Folder
from pictd.sled.ledger import Ledger
from pictd.sled.snapshot import Snapshot, newest
from tests.support.sled import snapshot
from tests.support.takeover import unpacked


def read(folder: Path) -> tuple[Snapshot, Ledger]:
    """The newest of a folder, and what was wrong with it."""
    opened, ledger = Folder(folder), Ledger()
    try:
        return newest(opened, ledger), ledger
    finally:
        opened.close()


class SnapshotTests(SynchronousTestCase):
    """Spec sled §6."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()

    def write(self, data: bytes) -> None:
        """One snapshot."""
        (self.folder / "snap.0000000000000064").write_bytes(data)

    def test_worked_bytes(self) -> None:
        """Spec sled §13: positions, places, and sizes that are passed over."""
        found, _ = read(unpacked("killed", self.folder) / "v0.5.0")
        self.assertEqual(found.stable, 0x13EFB)
        self.assertEqual(found.table.items(0), [(0x2A1E, 10782)])
        self.assertEqual(found.table.items(1), [(0x1C, 0x1C)])
        self.assertEqual(found.table.items(2), [(0x25, 0x25)])

    def test_pages(self) -> None:
        """Bases, changes, and free pages, which have a shorter form."""
        self.write(snapshot(100, [[(20, 20)], [], [(30, 30), (40, 5000), (50, 2**40)], []]))
        found, ledger = read(self.folder)
        self.assertEqual(found.stable, 100)
        self.assertEqual([found.table.items(page) for page in (1, 3)], [[], []])
        self.assertEqual(found.table.items(2), [(30, 30), (40, 5000), (50, 2**40)])
        self.assertEqual((len(found.table), found.table.lost()), (4, 0))
        self.assertEqual(ledger.report.counts, {})

    def test_none(self) -> None:
        """A database that was started once has none."""
        found, ledger = read(self.folder)
        self.assertEqual((found.stable, len(found.table)), (None, 0))
        self.assertEqual(ledger.report.counts, {})

    def test_every_cut_and_flip(self) -> None:
        """A damaged one is noted, and is as none."""
        whole = snapshot(100, [[(20, 20)], [(30, 30), (40, 40)]])
        cuts = [whole[:size] for size in range(len(whole))]
        flips = [whole[:at] + bytes([byte ^ 4]) + whole[at + 1 :] for at, byte in enumerate(whole)]
        for data in (*cuts, *flips):
            self.write(data)
            found, ledger = read(self.folder)
            self.assertEqual((found.stable, len(found.table)), (None, 0))
            self.assertEqual(ledger.report.counts, {Finding.SNAPSHOT_IGNORED: 1})

    def test_right_checksum_of_nonsense(self) -> None:
        """Nor does one of impossible content do any harm."""
        for data in (snapshot(-5, []), snapshot(100, [[(20, 2**63)]])):
            self.write(data)
            self.assertEqual(read(self.folder)[1].report.counts, {Finding.SNAPSHOT_IGNORED: 1})
