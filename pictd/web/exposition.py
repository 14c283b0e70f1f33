"""What the listener for metrics serves (spec http-api §4.26, contract E2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, Metric
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from pictd.errors import PictdError
from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics, exposition
from pictd.model.records import Queue
from pictd.web.request import PictdRequest

_SHOWN = (b"/", b"/metrics")

Gather = Callable[[], Awaitable[Iterable[Metric]]]
"""Tells figures."""


QUEUE_LENGTH = "pictd_queue_length"
"""The figure that is of the database, not of a process."""


class QueueLengths:
    """How many jobs wait or run, as the database last told."""

    def __init__(self, repo: IRepo) -> None:
        self._repo = repo
        self._lengths: dict[str, int] = {}

    async def refresh(self) -> None:
        """Ask the database; where it is away nothing is shown."""
        self._lengths = {}
        try:
            self._lengths = {each.value: await self._repo.jobs.length(each) for each in Queue}
        except PictdError:
            return

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        metric = Metric(QUEUE_LENGTH, "Jobs that wait or run", "gauge")
        for queue, length in self._lengths.items():
            metric.add_sample(metric.name, {"queue": queue}, length)
        yield metric


class Figures:
    """Those of this process, and of its database."""

    def __init__(self, metrics: Metrics, repo: IRepo) -> None:
        self._metrics = metrics
        self._lengths = QueueLengths(repo)
        metrics.registry.register(self._lengths)

    async def gathered(self) -> Iterable[Metric]:
        """As they are now."""
        await self._lengths.refresh()
        return self._metrics.registry.collect()


class Exposition(Resource):
    """Figures at ``/metrics`` and ``/``, ``OK`` at ``/health``, nothing else."""

    isLeaf = True

    def __init__(self, gather: Gather) -> None:
        super().__init__()
        self._gather = gather

    def render_GET(self, request: PictdRequest) -> object:
        """The answer, or a promise of it."""
        request.setHeader(b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode())
        if request.path in _SHOWN:
            Deferred.fromCoroutine(self._show(request)).addErrback(_refuse, request)
            return NOT_DONE_YET
        if request.path == b"/health":
            return b"OK"
        request.setResponseCode(404)
        return b"not found: the figures are at /metrics\n"

    async def _show(self, request: PictdRequest) -> None:
        families = await self._gather()
        if not request.has_left:
            request.write(exposition(families))
            request.finish()


def _refuse(failure: Failure, request: PictdRequest) -> None:
    request.processingFailed(failure)
