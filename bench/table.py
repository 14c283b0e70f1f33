"""Figures beside their floors."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import attrs


class Goal(Enum):
    """Which side of its target a figure should lie on."""

    AT_MOST = "<="
    AT_LEAST = ">="


@attrs.frozen
class Row:
    """One figure.

    :ivar floor: what the bare work gives in the same unit; None where there is no such thing.
    :ivar target: of the ratio of figure to floor; of the figure itself where there is no floor.
    :ivar allowance: what may come on top of that, in the unit: the cost of a job of its own.
    """

    name: str
    unit: str
    figure: float
    floor: float | None
    goal: Goal
    target: float
    allowance: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Figure to floor."""
        return None if self.floor is None else self.figure / self.floor

    @property
    def ok(self) -> bool:
        """Whether the target is met."""
        bound = self.target * (1 if self.floor is None else self.floor) + self.allowance
        return self.figure <= bound if self.goal is Goal.AT_MOST else self.figure >= bound

    def cells(self) -> list[str]:
        """What the table says of it."""
        unit = self.unit if self.ratio is None else "x"
        allowance = f" + {self.allowance:g} {self.unit}" if self.allowance else ""
        return [
            self.name,
            f"{self.figure:.1f} {self.unit}",
            "-" if self.floor is None else f"{self.floor:.1f} {self.unit}",
            "-" if self.ratio is None else f"{self.ratio:.2f} x",
            f"{self.goal.value} {self.target:g} {unit}{allowance}",
            "yes" if self.ok else "NO",
        ]


HEADINGS = ["", "figure", "floor", "ratio", "target", "ok"]


def render(rows: Sequence[Row], notes: str = "") -> str:
    """The table as text: names to the left, numbers to the right.

    :param notes: what stands below it.
    """
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    table = "\n".join(
        line[0].ljust(widths[0])
        + "".join(
            "  " + cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)
        )
        for line in lines
    )
    return f"{table}\n\n{notes}" if notes else table
