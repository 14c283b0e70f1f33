"""Requests, counted by route and status.

``path`` is the pattern of the route, never what the client wrote: the number of values is bounded
by the number of routes. So is ``status``, by what handlers answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus

import attrs
from prometheus_client import Metric

from pictd.web.request import PictdRequest

_START = "Requests, by route"
_END = "Requests that ended, by route and status; without one, their clients left before"


@attrs.define
class _Ended:
    """Requests of one route that had one status.

    :ivar received: bytes of bodies that had come by then.
    :ivar sent: bytes of bodies.
    """

    count: int = 0
    seconds: float = 0.0
    received: int = 0
    sent: int = 0


class RequestCounts:
    """To be registered with the metrics. On the way of every request: adding is all that it does
    before somebody asks."""

    def __init__(self) -> None:
        self._begun: Counter[str | None] = Counter()
        self._ended: dict[tuple[str | None, int | None], _Ended] = {}

    def begun(self, request: PictdRequest) -> None:
        """Its route is known."""
        self._begun[request.route] += 1

    def ended(self, request: PictdRequest) -> None:
        """It was answered, or its client has left."""
        key = request.route, request.code if request.startedWriting else None
        ended = self._ended.get(key)
        if ended is None:
            ended = self._ended[key] = _Ended()
        ended.count += 1
        ended.seconds += request.seconds
        ended.received += request.body.received
        ended.sent += request.sentLength

    def collect(self) -> Iterator[Metric]:
        """For the library."""
        start = Metric("pict_rs_request_start", _START, "unknown")
        for route, count in self._begun.items():
            start.add_sample(start.name, {"path": _path(route)}, count)
        end = Metric("pict_rs_request_end", _END, "unknown")
        timings = Metric("pict_rs_request_timings", "Seconds to the end of the answer", "summary")
        received = Metric("pictd_request_bytes", "Bytes of request bodies", "unknown")
        sent = Metric("pictd_response_bytes", "Bytes of response bodies", "unknown")
        for (route, status), ended in self._ended.items():
            labels = {"path": _path(route)} | _status(status)
            end.add_sample(end.name, labels, ended.count)
            timings.add_sample(f"{timings.name}_count", labels, ended.count)
            timings.add_sample(f"{timings.name}_sum", labels, ended.seconds)
            received.add_sample(received.name, labels, ended.received)
            sent.add_sample(sent.name, labels, ended.sent)
        yield from (start, end, timings, received, sent)


def _path(route: str | None) -> str:
    """As pict-rs writes an optional value."""
    if route is None:
        return "None"
    return f'Some("{route.replace("<", "{").replace(">", "}")}")'


def _status(status: int | None) -> dict[str, str]:
    if status is None:
        return {}
    return {"status": f"{status} {HTTPStatus(status).phrase}"}
