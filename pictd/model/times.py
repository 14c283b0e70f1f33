"""Moments as whole nanoseconds since the Unix epoch, UTC, and their RFC 3339 text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

SECOND = 1_000_000_000
"""Nanoseconds in a second."""

_PATTERN = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


_EPOCH = datetime(1970, 1, 1)


def from_seconds(seconds: float) -> int:
    """A clock's float seconds as nanoseconds, to the microsecond that the float still tells."""
    return round(seconds * 1_000_000) * 1000


def to_rfc3339(moment: int) -> str:
    """UTC with ``Z``; up to nine fractional digits, trailing zeros left out (spec storage §1.7)."""
    whole, fraction = divmod(moment, SECOND)
    text = (_EPOCH + timedelta(seconds=whole)).isoformat()
    digits = f"{fraction:09d}".rstrip("0")
    return f"{text}.{digits}Z" if digits else f"{text}Z"


def from_rfc3339(text: str) -> int:
    """Any offset is accepted.

    :raise ValueError: not an RFC 3339 moment.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 moment: {text!r}")
    day, clock, fraction, offset = match.groups()
    since = datetime.fromisoformat(f"{day}T{clock}") - _EPOCH
    seconds = since.days * 86400 + since.seconds - _ahead(offset)
    return seconds * SECOND + int((fraction or "").ljust(9, "0"))


def _ahead(offset: str) -> int:
    """Seconds that a clock there is ahead of UTC.

    :raise ValueError: no clock is a day ahead.
    """
    if offset in "Zz":
        return 0
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    if minutes >= 24 * 60:
        raise ValueError(f"not an offset: {offset}")
    return (-minutes if offset[0] == "-" else minutes) * 60
