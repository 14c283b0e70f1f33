"""What was found wrong in a database: counted in full, named as far as a person would read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

import attrs


class Finding(Enum):
    """A kind of finding; the value is its name for people."""

    TORN_TAIL = "the last writes before a kill are incomplete"
    SNAPSHOT_IGNORED = "the snapshot is damaged; the whole log was read instead"
    CONF = "the file conf is missing, or its checksum is wrong"
    SEGMENT_REUSED = "a free segment was being overwritten at a kill"
    SUPERSEDED = "a message of the log is unreadable, but later ones replace it"

    MESSAGE = "a message of the log is unreadable"
    CHANGE = "changes of a page were left out, because what they change may be lost"
    LOG_BROKEN = "the log goes on behind a place that can't be read"
    SEGMENT = "a segment of the log is unreadable"
    BLOB = "a blob file is unreadable"
    PAGE_LOST = "a page is missing"
    TREE = "a part of a tree is unreadable"
    EMPTY = "no tree is there at all"

    @property
    def harmless(self) -> bool:
        """Whether it costs nothing beyond what a kill costs."""
        return self in _HARMLESS


_HARMLESS = frozenset(
    (
        Finding.TORN_TAIL,
        Finding.SNAPSHOT_IGNORED,
        Finding.CONF,
        Finding.SEGMENT_REUSED,
        Finding.SUPERSEDED,
    )
)


@attrs.frozen
class Found:
    """One finding.

    :ivar where: place and circumstances, for people.
    """

    finding: Finding
    where: str

    def __str__(self) -> str:
        return f"{self.finding.value} ({self.where})"


@attrs.frozen
class Report:
    """What was found so far.

    :ivar counts: of every kind that was found, in full.
    :ivar found: the first hundred of each kind, in the order in which they were met.
    """

    counts: Mapping[Finding, int]
    found: Sequence[Found]

    @property
    def damaged(self) -> int:
        """Findings that may have cost data."""
        return sum(count for finding, count in self.counts.items() if not finding.harmless)

    @property
    def damages(self) -> Sequence[Found]:
        """Those that may have cost data."""
        return [each for each in self.found if not each.finding.harmless]

    @property
    def notes(self) -> Sequence[Found]:
        """Those that cost nothing beyond what a kill costs."""
        return [each for each in self.found if each.finding.harmless]
