"""The body of an answer, read at the reader's pace."""

from __future__ import annotations

from typing import cast

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from zope.interface import implementer

from pictd.errors import FileTooLarge, PictdError, UpstreamTooSlow, UpstreamUnreachable
from pictd.inflow import Inflow
from pictd.interfaces.stores import IByteStream
from pictd.remote.errands import Journey
from pictd.remote.visits import Visit

MOST_HELD = 256 * 1024
"""Bytes that wait for the reader."""


@implementer(IByteStream)
class Body(Protocol):
    """Whatever ends it, ends the visit and the journey as well.

    :param limit: bytes.
    :param seconds: until when all must have been read.
    """

    def __init__(
        self, visit: Visit, journey: Journey, limit: int, clock: IReactorTime, seconds: float
    ) -> None:
        self._visit, self._journey, self._limit = visit, journey, limit
        self._inflow = Inflow(MOST_HELD, lambda: self._producer, self.close)
        self._over = False
        self._error: PictdError | None = None
        self._timer = clock.callLater(max(seconds, 0), self._end, UpstreamTooSlow())

    async def read(self) -> bytes:
        """See ``IByteStream`` and ``IRemote``. Giving it up closes the stream."""
        while self._inflow.is_empty and not self._over:
            await self._inflow.news()
        if self._error is not None:
            raise self._error
        return self._inflow.take(more=not self._over)

    def close(self) -> None:
        """See ``IByteStream``."""
        closed = UpstreamUnreachable("The download was closed")
        self._inflow.clear()
        if not self._over:
            self._journey.leave()
        self._end(closed)
        self._error = self._error or closed

    def dataReceived(self, data: bytes) -> None:
        """Keep it, within bounds."""
        if self._over:
            return
        self._journey.moved += len(data)
        if self._journey.moved > self._limit:
            self._end(FileTooLarge(limit=self._limit, actual=self._journey.moved))
            return
        self._inflow.add(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or never will be."""
        whole = reason.check(ResponseDone) or (
            reason.check(PotentialDataLoss) and self._visit.connection.ended_well
        )
        self._end(None if whole else UpstreamUnreachable("The other server broke off"))

    @property
    def _producer(self) -> IPushProducer:
        return cast(IPushProducer, self.transport)

    def _end(self, error: PictdError | None) -> None:
        if self._over:
            return
        self._over, self._error = True, error
        if error is not None:
            self._inflow.clear()
        if self._timer.active():
            self._timer.cancel()
        self._visit.end()
        self._journey.end(error)
        self._inflow.wake()
