"""What a piece of work costs, by the clock and in processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import attrs


@attrs.frozen
class Cost:
    """Of one piece of work, in milliseconds."""

    wall: float
    cpu: float


def milliseconds(seconds: Sequence[float]) -> float:
    """The median."""
    return statistics.median(seconds) * 1000


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def floor_of(work: Sequence[Callable[[], object]]) -> Cost:
    """The cost of work done in this process; the first is done twice, and once not counted."""
    work[0]()
    began = time.process_time()
    wall = milliseconds([timed(one) for one in work])
    return Cost(wall, (time.process_time() - began) * 1000 / len(work))
