"""From the files to the page table (spec sled §9, §10)."""

from __future__ import annotations

import attrs

from pictd.sled.blobs import Blobs
from pictd.sled.damage import Finding
from pictd.sled.files import Folder
from pictd.sled.ledger import Ledger
from pictd.sled.replay import Replay
from pictd.sled.segments import Log
from pictd.sled.snapshot import Snapshot, newest
from pictd.sled.survey import survey
from pictd.sled.table import PageTable
from pictd.sled.tail import Segments, Tail, find


@attrs.frozen
class Recovery:
    """What there is to make the page table from.

    :ivar since: position that the log is read from; what lies before it is in the snapshot.
    """

    log: Log
    blobs: Blobs
    ledger: Ledger
    snapshot: Snapshot
    since: int
    segments: Segments
    tail: Tail

    def table(self) -> tuple[PageTable, bool]:
        """As sled itself would make it, and whether the log is broken before its end."""
        replay = self._replayed(self.tail.end)
        end = max(self.tail.end, (replay.torn_batch or 0) + 1)
        if self.tail.beyond > end:
            where = f"unreadable at position {self.tail.end}, readable up to {self.tail.beyond}"
            self.ledger.add(Finding.LOG_BROKEN, where)
        elif self.tail.torn or replay.torn_batch is not None or self.tail.beyond > self.tail.end:
            self.ledger.add(Finding.TORN_TAIL, f"position {self.tail.end}")
        return replay.table, self.tail.beyond > end

    def thorough_table(self) -> PageTable:
        """With all good messages there are, also those behind a place that can't be read."""
        return self._replayed(self.tail.beyond).table

    def _replayed(self, end: int) -> Replay:
        table = self.snapshot.table.copied()
        replay = Replay(table, range(self.since, end), self.blobs.condition, self.ledger)
        for lsn in sorted(self.segments):
            if replay.over:
                break
            replay.take(self.log.load(self.segments[lsn]))
        return replay


def recover(folder: Folder, log: Log, ledger: Ledger) -> Recovery:
    """Read the snapshot, and find the end of the log.

    :raise SledFailure: a file can't be read.
    """
    snapshot, blobs = newest(folder, ledger), Blobs(folder)
    since = snapshot.stable or 0
    bound = since // log.size * log.size
    segments = survey(log, bound, ledger)
    stable = max((each.stable for each in segments.values()), default=-1)
    start = max(0, bound, stable // log.size * log.size)
    if start not in segments and stable >= start:
        ledger.add(Finding.SEGMENT, f"the one of position {start} is missing")
    tail = find(log, segments, start, blobs.condition)
    if tail.end < since:
        ledger.add(Finding.LOG_BROKEN, f"it ends at position {tail.end}, the snapshot at {since}")
    return Recovery(log, blobs, ledger, snapshot, since, segments, tail)
