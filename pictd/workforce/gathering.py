"""The figures of all workers as one.

Each sample says which worker it is of (``worker``), so that one that is started anew counts from
nothing by itself. What is of the database, and the same for all, is shown once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import Metric
from twisted.internet.defer import Deferred, TimeoutError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd.web.exposition import QUEUE_LENGTH
from pictd.workforce.process import WorkerProcess
from pictd.workforce.workforce import Workforce

Told = tuple[int, Sequence[Metric]]
"""The number of a worker, and its figures."""

_SHARED = (QUEUE_LENGTH,)
_log = Logger()


class Gathering:
    """Asks all workers at the same time, and goes without those who don't answer."""

    def __init__(self, workforce: Workforce, clock: IReactorTime) -> None:
        self._workforce = workforce
        self._clock = clock

    async def gathered(self) -> Iterable[Metric]:
        """As they are now, and how the workers are."""
        workers = self._workforce.workers
        asked = [Deferred.fromCoroutine(self._ask(workers[number])) for number in sorted(workers)]
        return [*merged(await gatherResults(asked)), *self._own()]

    async def _ask(self, worker: WorkerProcess) -> Told:
        try:
            return worker.number, await worker.figures(self._clock)
        except TimeoutError:
            _log.warn("worker {worker} does not tell its figures", worker=worker.number)
            return worker.number, ()

    def _own(self) -> Iterable[Metric]:
        serving = Metric("pictd_workers", "Workers that serve", "gauge")
        serving.add_sample(serving.name, {}, self._workforce.serving)
        deaths = Metric("pictd_worker_deaths", "Workers that ended untold", "unknown")
        deaths.add_sample(deaths.name, {}, self._workforce.deaths)
        return serving, deaths


def merged(told: Iterable[Told]) -> list[Metric]:
    """One family of each name."""
    families: dict[str, Metric] = {}
    for number, found in told:
        for family in found:
            if family.name not in families:
                families[family.name] = Metric(family.name, family.documentation, family.type)
            _add(families[family.name], family, number)
    return list(families.values())


def _add(whole: Metric, family: Metric, number: int) -> None:
    if family.name not in _SHARED:
        for sample in family.samples:
            labels = {**sample.labels, "worker": str(number)}
            whole.add_sample(sample.name, labels, sample.value)
    elif not whole.samples:
        whole.samples = list(family.samples)
