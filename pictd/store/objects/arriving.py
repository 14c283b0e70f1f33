"""The body of an answer, read at the reader's pace."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone

from pictd.errors import ObjectStoreUnavailable
from pictd.inflow import Inflow

MOST_HELD = 128 * 1024
"""Bytes that wait for the reader."""


class Arriving(Protocol):
    """:param seconds: that the reader waits for the next piece."""

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._inflow = Inflow(MOST_HELD, lambda: self._producer, self.close)
        self._over = False
        self._error: ObjectStoreUnavailable | None = None

    async def read(self) -> bytes:
        """All that has arrived; empty at the end. Giving it up closes the body.

        :raise ObjectStoreUnavailable: nothing came in time, or the other side broke off.
        """
        if self._inflow.is_empty and not self._over:
            await self._arrival()
        if self._inflow.is_empty and self._error is not None:
            raise self._error
        return self._inflow.take(more=not self._over)

    async def whole(self, most: int) -> bytes:
        """The rest.

        :param most: bytes.
        :raise ObjectStoreUnavailable: there are more, or they do not come.
        """
        pieces, count = [], 0
        while piece := await self.read():
            pieces.append(piece)
            count += len(piece)
            if count > most:
                self.close()
                raise ObjectStoreUnavailable("The object store answers at too great a length")
        return b"".join(pieces)

    def close(self) -> None:
        """Let go of the connection, unless the body is complete. Idempotent."""
        self._inflow.clear()
        self._end(ObjectStoreUnavailable("The stream was closed"))

    def dataReceived(self, data: bytes) -> None:
        """Keep it, within bounds."""
        if not self._over:
            self._inflow.add(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The body is complete, or never will be."""
        broken = None if reason.check(ResponseDone) else ObjectStoreUnavailable(_BROKEN)
        self._over, self._error = True, self._error or broken
        self._inflow.wake()

    @property
    def _producer(self) -> Any:
        return self.transport

    async def _arrival(self) -> None:
        news = self._inflow.news()
        timer = self._clock.callLater(self._seconds, self._end, ObjectStoreUnavailable(_STALLED))
        try:
            await news
        finally:
            if timer.active():
                timer.cancel()

    def _end(self, error: ObjectStoreUnavailable) -> None:
        if not self._over:
            self._over, self._error = True, error
            _abort(self._producer)
        self._inflow.wake()


_BROKEN = "The object store broke off"
_STALLED = "The object store stalled"


def _abort(proxy: Any) -> None:
    """Twisted's proxy only closes in good order, which over TLS waits for all that is under way."""
    transport = getattr(proxy, "_producer", None)
    if transport is not None:
        transport.abortConnection()
