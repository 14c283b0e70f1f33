"""How long something is kept: a number and a unit (spec configuration 3.2)."""

from __future__ import annotations

import re

import attrs

from pictd.config.values import U32, Rule, text_of
from pictd.model.times import SECOND

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
_UNITS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "year": "y"}
_FORM = re.compile(r"([0-9]{1,10})([a-z]+)", re.ASCII | re.IGNORECASE)


@attrs.frozen
class Retention:
    """A span of time; its text is the short form, as ``7d``.

    :ivar unit: ``s``, ``m``, ``h``, ``d`` or ``y``, a year being 365 days.
    """

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def seconds(self) -> int:
        """The whole span."""
        return self.count * _SECONDS[self.unit]

    @property
    def nanoseconds(self) -> int:
        """The whole span, as repos count time."""
        return self.seconds * SECOND


def parse_span(raw: object) -> Retention:
    """:raise ValueError: not digits up to 4294967295 and a unit, with nothing around."""
    match = _FORM.fullmatch(text_of(raw))
    if match is None:
        raise ValueError
    count, unit = int(match[1]), match[2].lower()
    unit = _UNITS.get(unit, unit)
    if unit not in _SECONDS or count > U32:
        raise ValueError
    return Retention(count, unit)


def _retention(raw: object) -> Retention:
    span = parse_span(raw)
    if span.unit == "s":
        raise ValueError
    return span


RETENTION: Rule[Retention] = Rule(
    f"a number up to {U32} with a unit of m, h, d or y, as 7d", _retention, "7d"
)
SPAN: Rule[Retention] = Rule(
    f"a number up to {U32} with a unit of s, m, h, d or y, as 60s", parse_span, "60s"
)
