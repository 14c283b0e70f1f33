"""The kinds of figures there are, in plain numbers.

How it works: counting adds to plain numbers, all in the reactor's thread; they are put into the
shape of Prometheus's library only when somebody asks for them. A family appears with its first
sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
from prometheus_client import Metric

Labels = tuple[tuple[str, str], ...]


@attrs.define(eq=False)
class Counter:
    """How often something happened, by labels."""

    name: str
    documentation: str
    _counts: dict[Labels, float] = attrs.field(factory=lambda: defaultdict(float))

    def add(self, amount: float = 1, /, **labels: str | bool) -> None:
        """Once more, or as much more."""
        self._counts[_labels(labels)] += amount

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        if self._counts:
            metric = Metric(self.name, self.documentation, "unknown")
            for labels, count in list(self._counts.items()):
                metric.add_sample(self.name, dict(labels), count)
            yield metric


@attrs.define(eq=False)
class Summary:
    """How often something was measured, and the sum of it, by labels. Seconds, where it is time."""

    name: str
    documentation: str
    _sums: dict[Labels, tuple[int, float]] = attrs.field(
        factory=lambda: defaultdict(lambda: (0, 0.0))
    )

    def observe(self, value: float, /, **labels: str | bool) -> None:
        """One more measurement."""
        key = _labels(labels)
        count, total = self._sums[key]
        self._sums[key] = count + 1, total + value

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        if self._sums:
            metric = Metric(self.name, self.documentation, "summary")
            for labels, (count, total) in list(self._sums.items()):
                metric.add_sample(f"{self.name}_count", dict(labels), count)
                metric.add_sample(f"{self.name}_sum", dict(labels), total)
            yield metric


Ended = Callable[[bool], None]
"""To be told, once, that something has ended, and whether it reached its normal end."""


@attrs.frozen(eq=False)
class Timing:
    """How long something takes.

    :ivar label: of whether it reached its normal end.
    """

    duration: Summary
    seconds: Callable[[], float]
    label: str = "complete"

    def begin(self) -> Ended:
        """It begins now."""
        began = self.seconds()
        return lambda complete: self.duration.observe(
            self.seconds() - began, **{self.label: complete}
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Around it; it is complete unless it raises."""
        ended, complete = self.begin(), False
        try:
            yield
            complete = True
        finally:
            ended(complete)


@attrs.frozen(eq=False)
class Gauge:
    """How much there is of something at the moment.

    :ivar read: looks.
    """

    name: str
    documentation: str
    read: Callable[[], float]

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        metric = Metric(self.name, self.documentation, "gauge")
        metric.add_sample(self.name, {}, self.read())
        yield metric


@attrs.define
class Run:
    """One piece of work.

    :ivar completed: whether it reached its normal end.
    """

    completed: bool = False


@attrs.frozen(eq=False)
class Activity:
    """Work that begins, lasts and ends."""

    started: Counter
    ended: Counter
    duration: Summary
    seconds: Callable[[], float]

    @contextmanager
    def running(self, **labels: str | bool) -> Iterator[Run]:
        """Around the work; it is complete unless it raises, or ``completed`` is set to False."""
        run, began = Run(), self.seconds()
        self.started.add(**labels)
        try:
            run.completed = True
            yield run
        except BaseException:
            run.completed = False
            raise
        finally:
            self.ended.add(completed=run.completed, **labels)
            self.duration.observe(self.seconds() - began, completed=run.completed, **labels)


def _labels(labels: dict[str, str | bool]) -> Labels:
    """Booleans are ``true`` and ``false``."""
    return tuple(sorted((name, _text(value)) for name, value in labels.items()))


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value
