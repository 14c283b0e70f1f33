"""A way to a server on which things go wrong: a proxy on loopback."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import attrs
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase


class Mishap(Enum):
    """What befalls a connection."""

    RESET = auto()
    CLOSE = auto()
    STALL = auto()


@attrs.define
class Plan:
    """A mishap to come.

    :ivar after: bytes that pass before, counted over all connections.
    :ivar sight: what has to be among the bytes that come then.
    :ivar upwards: whether bytes to the server count, or those from it.
    :ivar times: how often; each time the bytes are counted anew.
    """

    mishap: Mishap
    after: int = 0
    sight: bytes = b""
    upwards: bool = False
    times: int = 1
    passed: int = 0


class Way(Factory):
    """Open until the test ends.

    :ivar plan: what is to go wrong; None: nothing.
    :ivar happened: how often it went wrong.
    :ivar server: its port.
    """

    def __init__(self, test: TestCase, port: int, tls: Any = None) -> None:
        """:param tls: what the near end shows clients; None: plain HTTP."""
        self._tls = tls
        self.plan: Plan | None = None
        self.happened = 0
        self.near: set[Near] = set()
        self.server, self._listener = port, self._listen(0)
        self.port: int = self._listener.getHost().port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        test.addCleanup(self.close)

    def buildProtocol(self, addr: object) -> Protocol:
        """One more connection."""
        return Near(self, self.server)

    async def close(self) -> None:
        """Nobody gets through any more."""
        for each in list(self.near):
            each.cut()
        await self._listener.stopListening()

    def reopen(self) -> None:
        """At the same address."""
        self._listener = self._listen(self.port)

    def befalls(self, data: bytes, upwards: bool) -> Mishap | None:
        """What happens now that these bytes are about to pass."""
        plan = self.plan
        if plan is None or plan.upwards is not upwards or not plan.times:
            return None
        plan.passed += len(data)
        if plan.passed <= plan.after or plan.sight not in data:
            return None
        plan.passed, plan.times = 0, plan.times - 1
        self.happened += 1
        return plan.mishap

    def _listen(self, port: int) -> Any:
        clock: Any = reactor
        if self._tls is not None:
            return clock.listenSSL(port, self, self._tls, interface="127.0.0.1")
        return clock.listenTCP(port, self, interface="127.0.0.1")


class Near(Protocol):
    """The client's end."""

    transport: Any

    def __init__(self, way: Way, port: int) -> None:
        self._way, self._port = way, port
        self._waiting: list[bytes] = []
        self.far: Far | None = None
        self._stalled = False

    def connectionMade(self) -> None:
        """Connect on."""
        self._way.near.add(self)
        server = TCP4ClientEndpoint(reactor, "127.0.0.1", self._port)
        connectProtocol(server, Far(self)).addCallbacks(self._connected, lambda _: self.cut())

    def dataReceived(self, data: bytes) -> None:
        """Upwards."""
        if self._fares(data, upwards=True):
            self._send([data])

    def down(self, data: bytes) -> None:
        """From the server."""
        if self._fares(data, upwards=False):
            self.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone on both sides."""
        self._way.near.discard(self)
        if self.far is not None:
            self.far.transport.abortConnection()

    def cut(self) -> None:
        """At once."""
        self.transport.abortConnection()

    def _connected(self, far: Far) -> None:
        self.far = far
        waiting, self._waiting = self._waiting, []
        self._send(waiting)

    def _send(self, pieces: list[bytes]) -> None:
        if self.far is None:
            self._waiting += pieces
        else:
            self.far.transport.writeSequence(pieces)

    def _fares(self, data: bytes, upwards: bool) -> bool:
        """Whether the bytes pass."""
        mishap = self._way.befalls(data, upwards)
        if mishap is Mishap.RESET:
            self.cut()
        elif mishap is Mishap.CLOSE:
            self.transport.loseConnection()
        self._stalled = self._stalled or mishap is Mishap.STALL
        return mishap is None and not self._stalled


class Far(Protocol):
    """The server's end."""

    transport: Any

    def __init__(self, near: Near) -> None:
        self._near = near

    def dataReceived(self, data: bytes) -> None:
        """Downwards."""
        self._near.down(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client learns of it."""
        self._near.transport.loseConnection()
