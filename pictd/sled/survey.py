"""Looks at every segment of the file, and finds those that the log consists of."""

from __future__ import annotations

from pictd.sled.damage import Finding
from pictd.sled.ledger import Ledger
from pictd.sled.segments import Log, Segment, Slot
from pictd.sled.walking import numbers

_END = 2**63
"""No position is beyond."""


class Survey:
    """What there is of the log.

    A segment whose header is destroyed is damage, and is taken for what its messages say it is; but
    not where the header is all zeros, which is how sled gives up a segment.

    :ivar segments: those that count, by their positions.
    :ivar lost: positions of those that were there, and can't be read.
    """

    def __init__(self, log: Log, bound: int, ledger: Ledger) -> None:
        """:param bound: position from which on segments are of interest."""
        self.segments: dict[int, Segment] = {}
        self.lost: set[int] = set()
        self._log = log
        self._bound = bound
        self._ledger = ledger
        slots = []
        for each in log.slots():
            if isinstance(each, Slot):
                slots.append(each)
            else:
                self._take(each)
        for slot in slots:
            self._adopt(slot)

    def lose(self, lsn: int, where: str) -> None:
        """A segment that has to be there is not, or not to be read."""
        self._ledger.add(Finding.SEGMENT, where)
        self.segments.pop(lsn, None)
        self.lost.add(lsn)

    def _take(self, found: Segment) -> None:
        if found.lsn in self.segments or found.lsn in self.lost:
            self.lose(found.lsn, f"two are of position {found.lsn}")
        elif found.lsn >= self._bound:
            self.segments[found.lsn] = found

    def _adopt(self, slot: Slot) -> None:
        bare = Segment(0, slot.place, -1)
        number = next(numbers(self._log.load(bare)), None)
        lsn = -1 if number is None else number * self._log.size
        if not self._bound <= lsn < _END or lsn in self.segments or lsn in self.lost:
            return
        self.lose(lsn, f"the header at {slot.place} of db, of position {lsn}, is destroyed")
        if not slot.blank:
            self.lost.discard(lsn)
            self.segments[lsn] = Segment(lsn, slot.place, -1)
