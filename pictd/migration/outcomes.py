"""What became of everything that was to be copied."""

from __future__ import annotations

from collections import Counter
from enum import Enum

import attrs

from pictd.errors import StoreUnavailable


class Fate(Enum):
    """Of one blob."""

    COPIED = "copied"
    PRESENT = "there already"
    DELETED = "deleted meanwhile"
    MISSING = "missing at the source"
    DAMAGED = "not what its hash says"
    FAILED = "not copied"


class GivenUp(StoreUnavailable):
    """Too much failed in a row."""

    text = "Nothing can be copied any more; what was copied stays, and another run goes on"


@attrs.define
class Outcomes:
    """
    :ivar most_failures: in a row; with one more there is no point in going on.
    :ivar copied_bytes: of what was copied.
    """

    most_failures: int
    counts: Counter[Fate] = attrs.field(factory=Counter)
    copied_bytes: int = 0
    _in_a_row: int = 0

    def note(self, fate: Fate, size: int) -> None:
        """:raise GivenUp: one failure too many."""
        self.counts[fate] += 1
        if fate is Fate.COPIED:
            self.copied_bytes += size
        self._in_a_row = self._in_a_row + 1 if fate is Fate.FAILED else 0
        if self._in_a_row > self.most_failures:
            raise GivenUp

    def is_well(self, skip_missing: bool) -> bool:
        """Whether all that the repo refers to is in the destination.

        :param skip_missing: nobody minds what is missing at the source.
        """
        missing = 0 if skip_missing else self.counts[Fate.MISSING]
        return not (missing or self.counts[Fate.DAMAGED] or self.counts[Fate.FAILED])
