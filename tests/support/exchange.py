"""HTTP by hand against a site: in memory under a clock of the test's own, or over sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from pictd.web.failures import problem
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from pictd.web.site import PictdSite

Handler = Callable[[PictdRequest], Awaitable[bytes | None]]


class Leaf(Resource):
    """Runs a handler as a route does: the client leaving cancels it, an error is told."""

    isLeaf = True

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler
        self.requests: list[PictdRequest] = []
        self.outcomes: list[object] = []

    def render(self, request: PictdRequest) -> object:
        """Begin; what came of it is in ``outcomes``."""
        self.requests.append(request)
        running = Deferred.fromCoroutine(self._run(request))
        request.notifyFinish().addErrback(lambda _: running.cancel())
        running.addErrback(lambda _: None)
        return NOT_DONE_YET

    async def _run(self, request: PictdRequest) -> None:
        try:
            body = await self._handler(request)
        except Exception as error:
            self.outcomes.append(error)
            body = request.refuse(problem(Failure()))
        else:
            self.outcomes.append(body)
        if not request.finished:
            if body is not None:
                request.write(body)
            request.finish()


class Wire(StringTransport):
    """What a connection in memory has been told."""

    aborted = False
    closed = False

    def loseConnection(self) -> None:
        """Noted; the test decides when the connection ends."""
        super().loseConnection()
        self.closed = True

    def abortConnection(self) -> None:
        """Noted."""
        super().abortConnection()
        self.aborted = True

    @property
    def paused(self) -> bool:
        """Whether the server takes nothing."""
        return self.producerState == "paused"


class Exchange:
    """One connection in memory."""

    def __init__(self, handler: Handler, limits: BodyLimits | None = None) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.leaf = Leaf(handler)
        self.site = PictdSite(self.leaf, self.clock, limits or BodyLimits(1000))
        self.wire = Wire()
        self._channel = self.site.buildProtocol(None)
        assert self._channel is not None
        self._channel.makeConnection(self.wire)

    def send(self, data: bytes) -> None:
        """What the client sends."""
        self._channel.dataReceived(data)

    def leave(self) -> None:
        """The connection is lost."""
        self._channel.connectionLost(Failure(ConnectionLost()))

    def received(self) -> bytes:
        """Everything that the server has answered since the last time, without dates."""
        lines = self.wire.value().split(b"\r\n")
        self.wire.clear()
        return b"\r\n".join(line for line in lines if not line.startswith(b"date:"))


class Caller(Protocol):
    """A client over a socket."""

    transport: Any

    def __init__(self) -> None:
        self.data = b""
        self.ended: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The server has closed."""
        self.ended.callback(self.data)
