"""Looks at every segment of the file, and finds those that the log consists of."""

from __future__ import annotations

from collections.abc import Collection

from pictd.sled.damage import Finding
from pictd.sled.ledger import Ledger
from pictd.sled.segments import Log, Segment, Slot
from pictd.sled.walking import numbers


def survey(log: Log, bound: int, ledger: Ledger) -> dict[int, Segment]:
    """The segments from position ``bound`` on, by their positions.

    One whose header is destroyed is damage, and is taken for what its messages say it is; but not
    where the header is all zeros, which is how sled gives up a segment.
    """
    found: dict[int, Segment] = {}
    slots: list[Slot] = []
    for each in log.slots():
        if isinstance(each, Slot):
            slots.append(each)
        elif each.lsn in found:
            ledger.add(Finding.SEGMENT, f"two at position {each.lsn}")
        elif each.lsn >= bound:
            found[each.lsn] = each
    for slot in slots:
        _adopt(log, slot, bound, found, ledger)
    return found


def _adopt(log: Log, slot: Slot, bound: int, found: dict[int, Segment], ledger: Ledger) -> None:
    lsn = _told_by_messages(log, slot, found)
    if lsn is None or lsn < bound:
        return
    ledger.add(Finding.SEGMENT, f"the header at {slot.place} of db, of position {lsn}")
    if not slot.blank:
        found[lsn] = Segment(lsn, slot.place, -1)


def _told_by_messages(log: Log, slot: Slot, taken: Collection[int]) -> int | None:
    """The position of a segment with no header; None: nothing tells it, or it lies elsewhere."""
    number = next(numbers(log.load(Segment(0, slot.place, -1))), None)
    lsn = None if number is None else number * log.size
    return None if lsn in taken else lsn
