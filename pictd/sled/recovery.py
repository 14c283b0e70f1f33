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
from pictd.sled.survey import Survey
from pictd.sled.table import PageTable
from pictd.sled.tail import Tail, find


@attrs.frozen
class Recovery:
    """What there is to make the page table from.

    :ivar since: position that the log is read from; what lies before it is in the snapshot.
    """

    folder: Folder
    log: Log
    blobs: Blobs
    ledger: Ledger
    snapshot: Snapshot
    since: int
    survey: Survey
    tail: Tail

    def table(self) -> tuple[PageTable, bool]:
        """As sled itself would make it, and whether the log is broken before its end."""
        replay = self._replayed(self.snapshot, self.tail.end)
        end = max(self.tail.end, (replay.torn_batch or 0) + 1)
        if self.tail.beyond > end:
            where = f"unreadable at position {self.tail.end}, readable up to {self.tail.beyond}"
            self.ledger.add(Finding.LOG_BROKEN, where)
        elif self.tail.torn or replay.torn_batch is not None or self.tail.beyond > self.tail.end:
            self.ledger.add(Finding.TORN_TAIL, f"position {self.tail.end}")
        return replay.table, self.tail.beyond > end

    def thorough_table(self) -> PageTable:
        """With all good messages there are, also those behind a place that can't be read. Needs
        the snapshot anew, which has become the other table."""
        return self._replayed(newest(self.folder, self.ledger), self.tail.beyond).table

    def _replayed(self, snapshot: Snapshot, end: int) -> Replay:
        table = snapshot.table
        replay = Replay(table, range(self.since, end), self.blobs.condition, self.ledger)
        segments = self.survey.segments
        for lsn in sorted(segments.keys() | self.survey.lost):
            if replay.over:
                break
            if lsn in segments:
                replay.take(self.log.load(segments[lsn]))
            else:
                table.doubt_all(lsn + self.log.size)
        replay.end()
        return replay


def recover(folder: Folder, log: Log, ledger: Ledger) -> Recovery:
    """Read the snapshot, and find the end of the log.

    :raise SledFailure: a file can't be read.
    """
    snapshot, blobs = newest(folder, ledger), Blobs(folder)
    since = snapshot.stable or 0
    survey = Survey(log, since // log.size * log.size, ledger)
    start = _certain(survey, log, since)
    tail = find(log, survey.segments, start, blobs.condition)
    if tail.end < since:
        ledger.add(Finding.LOG_BROKEN, f"it ends at position {tail.end}, the snapshot at {since}")
    return Recovery(folder, log, blobs, ledger, snapshot, since, survey, tail)


def _certain(survey: Survey, log: Log, since: int) -> int:
    """Position of the first segment that is not known to be on disk as a whole. All behind it have
    to be there one after the other."""
    stable = max((each.stable for each in survey.segments.values()), default=-1)
    start = max(since, stable) // log.size * log.size
    needed = {lsn - log.size for lsn in survey.segments if lsn > start}
    if stable >= start:
        needed.add(start)
    for lsn in sorted(needed - survey.segments.keys()):
        survey.lose(lsn, f"the one of position {lsn} is missing")
    return start
