"""Applies the messages of the log to the page table (spec sled §9, step 4)."""

from __future__ import annotations

from collections import Counter

import attrs

from pictd.sled.blobs import Condition, Judge
from pictd.sled.damage import Finding
from pictd.sled.integers import i64
from pictd.sled.ledger import Ledger
from pictd.sled.messages import BLOBS, NUMBERED, RED_ZONE, Kind, Message, read
from pictd.sled.segments import HEADER, Stretch
from pictd.sled.table import PageTable
from pictd.sled.walking import behind, messages, named, resumption

_CHANGES = frozenset((Kind.LINK, Kind.LINK_BLOB))
_REPLACING = frozenset((Kind.COUNTER, Kind.META, Kind.NODE))


@attrs.frozen
class _Lost:
    """A message that is unreadable, or several; ``page``, if it is known of which one.

    :ivar size: bytes.
    """

    lsn: int
    size: int
    page: int | None

    def __str__(self) -> str:
        of = "an unknown page" if self.page is None else f"page {self.page}"
        return f"position {self.lsn}, {self.size} bytes, of {of}"


class Replay:
    """Takes the segments in the order of the log.

    :ivar table: what has become of it so far.
    :ivar over: whether the end of the log was reached: no more is taken.
    :ivar torn_batch: last position of a batch that is not all there; the log ends before it.
    """

    def __init__(self, table: PageTable, span: range, judge: Judge, ledger: Ledger) -> None:
        """:param span: of positions; messages before it are in the table, none start behind it."""
        self.over = False
        self.torn_batch: int | None = None
        self.table = table
        self._since = span.start
        self._end = span.stop
        self._judge = judge
        self._ledger = ledger
        self._lost: list[_Lost] = []
        self._left_out: Counter[int] = Counter()

    def take(self, stretch: Stretch) -> None:
        """Apply the messages of a segment; what is unreadable goes into the ledger."""
        at: int | None = HEADER
        reused = False
        while at is not None:
            at = self._apply(stretch, at)
            self.over = self.over or stretch.lsn + at >= self._end
            if self.over or at > stretch.last:
                return
            reused = reused or self._is_of_later_life(stretch, at)
            at = self._skip(stretch, at, reused)

    def _apply(self, stretch: Stretch, start: int) -> int:
        """:return: where the good messages end."""
        table, lsn, place = self.table, stretch.lsn, stretch.segment.place
        since, end, stop = self._since - lsn, self._end - lsn, start
        for at, message in messages(stretch, self._judge, start):
            if at >= end:
                return at
            stop = behind(stretch, message)
            if at < since:
                continue
            if message.kind == Kind.LINK:
                self._link(message.page, lsn + at, place + at)
            elif message.kind in _REPLACING:
                table.replace(message.page, lsn + at, place + at)
            elif self._ends(stretch, at, message):
                return at
        return stop

    def _ends(self, stretch: Stretch, at: int, message: Message) -> bool:
        """Apply a message of the rarer kinds.

        :return: whether nothing from it on counts.
        """
        number = i64(stretch.data, message.start) if message.kind in NUMBERED else 0
        if message.kind == Kind.FREE:
            self.table.free(message.page)
        elif message.kind in BLOBS:
            self._blob(message, stretch.lsn + at, number)
        elif message.kind == Kind.BATCH and number >= self._end:
            self.torn_batch, self.over = number, True
        return self.over

    def _blob(self, message: Message, lsn: int, number: int) -> None:
        if self._judge(number) is Condition.ABSENT:
            return  # it was superseded, for then its file goes early
        if message.kind == Kind.LINK_BLOB:
            self._link(message.page, lsn, ~number)
        else:
            self.table.replace(message.page, lsn, ~number)

    def _link(self, page: int, lsn: int, place: int) -> None:
        if not self.table.link(page, lsn, place):
            self._left_out[page] += 1

    def _is_of_later_life(self, stretch: Stretch, at: int) -> bool:
        """Whether the segment was free, and being overwritten at a kill: its header is of its
        present life, but its messages are of one that the log never came to (spec sled §10)."""
        message = read(stretch.data, stretch.view, at, stretch.limit)
        if message is None:
            return False
        size = stretch.last + RED_ZONE
        return message.segment > stretch.number and message.segment * size >= self._end

    def _skip(self, stretch: Stretch, at: int, reused: bool) -> int | None:
        """:return: where to go on behind a bad message."""
        there = resumption(stretch, at)
        end = stretch.last if there is None else there
        if reused:
            self._ledger.add(Finding.SEGMENT_REUSED, f"at {stretch.segment.place} of db")
        elif stretch.lsn + end > self._since:
            self._miss(stretch, at, end)
        return there

    def _miss(self, stretch: Stretch, at: int, end: int) -> None:
        claimed = named(stretch, at, end)
        page = None if claimed is None else claimed.page
        self._lost.append(_Lost(stretch.lsn + at, end - at, page))
        if claimed is None:
            self.table.doubt_all(stretch.lsn + end)
        else:
            self.table.doubt(claimed.page, claimed.kind not in _CHANGES)

    def end(self) -> None:
        """No more segments come: tell of what was unreadable whether it is needed."""
        for lost in self._lost:
            is_needed = lost.page is None or self.table.is_doubted(lost.page)
            self._ledger.add(Finding.MESSAGE if is_needed else Finding.SUPERSEDED, str(lost))
        for page, count in self._left_out.items():
            if self.table.is_doubted(page):
                self._ledger.add(Finding.CHANGE, f"page {page}, {count} of them")
