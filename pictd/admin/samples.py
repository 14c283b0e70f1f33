"""Which originals are read back, out of all."""

from __future__ import annotations

import math
import re
from random import Random

import attrs

_FORM = re.compile(r"(\d{1,12})|(\d{1,3}(?:\.\d{1,6})?)%")


@attrs.frozen
class Share:
    """All of something, a number of it, or a part.

    :ivar count: None: there is no such bound.
    :ivar part: of one.
    """

    count: int | None = None
    part: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Share:
        """:raise ValueError: not ``all``, a number or a percentage."""
        if text == "all":
            return cls()
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text} is not all, a number, or a percentage such as 5%")
        return cls(int(match[1])) if match[1] else cls(part=float(match[2]) / 100)

    def of(self, total: int) -> int:
        """How many that are; rounded up, so that a part of something is something."""
        return math.ceil(min(self.part, 1.0) * total) if self.count is None else self.count


@attrs.define
class Lots:
    """Draws so many of a total, as each comes along: every choice is as likely as any other.

    :ivar total: how many will come; of more than that, none is drawn but where all are.
    """

    wanted: int
    total: int
    random: Random = attrs.field(factory=Random)
    _all: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._all = self.wanted >= self.total

    def draw(self) -> bool:
        """Whether the next one is taken."""
        if self._all:
            return True
        taken = self.total > 0 and self.random.random() * self.total < self.wanted
        self.total -= 1
        self.wanted -= taken
        return taken
