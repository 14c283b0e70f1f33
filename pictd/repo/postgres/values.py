"""Values as the columns hold them: naive timestamps in UTC, to the microsecond."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min - _EPOCH) // _MICROSECOND
_LAST = (datetime.max - _EPOCH) // _MICROSECOND

LATEST = datetime.max
"""After every moment that is stored."""

_HALVES = re.compile("[\ud800-\udfff]")


def stamp(moment: int) -> datetime:
    """A moment as a column holds it; those beyond the calendar become its first or last."""
    return _EPOCH + timedelta(microseconds=max(_FIRST, min(_LAST, moment // 1000)))


def stamp_up(moment: int) -> datetime:
    """For what is strictly before a moment, which a column may not hold exactly."""
    return stamp(moment + 999)


def moment(stamp: datetime) -> int:
    """The reverse of ``stamp``."""
    return (stamp - _EPOCH) // _MICROSECOND * 1000


def is_storable(text: str) -> bool:
    """Whether a text can be in the database at all: no NUL, and no half of a character."""
    return "\0" not in text and (text.isascii() or not _HALVES.search(text))
