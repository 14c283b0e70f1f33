"""What a worker tells its supervisor, by messages on its standard output.

They are written at once, and where the pipe is full the worker waits: what was logged before it
died is not lost with it, and no memory fills where the supervisor's own log is slow.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Lock

from prometheus_client import Metric
from twisted.logger import LogEvent

from pictd.logs.relaying import packed
from pictd.model import frames

EVENT = "event"
SERVES = "serves"
FIGURES = "figures"


class Reports:
    """For all threads of a worker.

    :param pipe: a descriptor that blocks.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lock = Lock()

    def event(self, event: LogEvent) -> None:
        """Something to log; an ``ILogObserver``."""
        self._tell({EVENT: packed(event)})

    def serves(self) -> None:
        """The database is open."""
        self._tell({SERVES: True})

    def figures(self, families: Iterable[Metric]) -> None:
        """The answer to ``TELL_FIGURES``."""
        self._tell({FIGURES: [_plain(family) for family in families]})

    def _tell(self, message: object) -> None:
        rest = memoryview(frames.pack(message))
        with self._lock:
            while rest:
                rest = rest[os.write(self._pipe, rest) :]


def metric(told: list[object]) -> Metric:
    """A family of figures that came in a report."""
    name, documentation, kind, samples = told
    assert isinstance(samples, list)
    found = Metric(str(name), str(documentation), str(kind))
    for sample, labels, value in samples:
        found.add_sample(sample, labels, value)
    return found


def _plain(family: Metric) -> list[object]:
    samples = [[sample.name, sample.labels, sample.value] for sample in family.samples]
    return [family.name, family.documentation, family.type, samples]
