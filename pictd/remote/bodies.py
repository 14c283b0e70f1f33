"""The body of an answer, read at the reader's pace."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from zope.interface import implementer

from pictd.errors import FileTooLarge, PictdError, UpstreamTooSlow, UpstreamUnreachable
from pictd.interfaces.stores import IByteStream
from pictd.remote.errands import Journey
from pictd.remote.visits import Visit

MOST_HELD = 256 * 1024
"""Bytes that wait for the reader; where there are more, nothing is received until it comes."""


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
        self._pieces: list[bytes] = []
        self._held = 0
        self._over = False
        self._error: PictdError | None = None
        self._waiter: Deferred[None] | None = None
        self._timer = clock.callLater(max(seconds, 0), self._end, UpstreamTooSlow())

    async def read(self) -> bytes:
        """See ``IByteStream`` and ``IRemote``. Giving it up closes the stream."""
        while not self._pieces and not self._over:
            self._waiter = Deferred(self._leave)
            await self._waiter
        if self._error is not None:
            raise self._error
        return self._take()

    def close(self) -> None:
        """See ``IByteStream``."""
        closed = UpstreamUnreachable("The download was closed")
        self._pieces.clear()
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
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= MOST_HELD:
            self._producer.pauseProducing()
        self._wake()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or never will be."""
        whole = reason.check(ResponseDone) or (
            reason.check(PotentialDataLoss) and self._visit.connection.ended_well
        )
        self._end(None if whole else UpstreamUnreachable("The other server broke off"))

    @property
    def _producer(self) -> IPushProducer:
        return cast(IPushProducer, self.transport)

    def _leave(self, _: Deferred[None]) -> None:
        """Whoever waits is told by being cancelled."""
        self._waiter = None
        self.close()

    def _take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if not self._over:
            self._producer.resumeProducing()
        return taken

    def _end(self, error: PictdError | None) -> None:
        if self._over:
            return
        self._over, self._error = True, error
        if error is not None:
            self._pieces.clear()
        if self._timer.active():
            self._timer.cancel()
        self._visit.end()
        self._journey.end(error)
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)
