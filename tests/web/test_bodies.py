"""Answers on their way out."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import IReactorTCP
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface import implementer

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IByteStream
from pictd.web.bodies import send_stream
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from pictd.web.site import PictdSite
from tests.support.exchange import Caller, Exchange, Leaf

GET = b"GET /x HTTP/1.1\r\n\r\n"
NET = IReactorTCP(reactor)


@implementer(IByteStream)
class Pieces:
    """A stream of these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self.reads = 0
        self.closed = False

    async def read(self) -> bytes:
        """The next."""
        self.reads += 1
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None:
        """Noted."""
        self.closed = True


def exchange_of(stream: Pieces, length: int) -> Exchange:
    """A connection on which every request is answered with this stream."""

    async def serve(request: PictdRequest) -> None:
        request.setHeader(b"content-length", b"%d" % length)
        await send_stream(request, stream)

    return Exchange(serve)


class SendTests(SynchronousTestCase):
    """``send_stream``."""

    def test_one_piece(self) -> None:
        """A body in one piece is written with one read."""
        stream = Pieces(b"abc")
        exchange = exchange_of(stream, 3)
        exchange.send(GET)
        expected = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc"
        self.assertEqual(exchange.received(), expected)
        self.assertEqual((stream.reads, stream.closed), (1, True))

    def test_pieces(self) -> None:
        """Several pieces follow each other; the connection goes on."""
        stream = Pieces(b"abc", b"de", b"f")
        exchange = exchange_of(stream, 6)
        exchange.send(GET + GET.replace(b"GET", b"HEAD"))
        self.assertIn(b"\r\n\r\nabcdefHTTP/1.1 200 OK\r\n", exchange.received())

    def test_nothing(self) -> None:
        """An empty body needs no read."""
        stream = Pieces()
        exchange = exchange_of(stream, 0)
        exchange.send(GET)
        self.assertTrue(exchange.received().endswith(b"content-length: 0\r\n\r\n"))
        self.assertEqual((stream.reads, stream.closed), (0, True))

    def test_head(self) -> None:
        """HEAD reads nothing."""
        stream = Pieces(b"abc")
        exchange = exchange_of(stream, 3)
        exchange.send(GET.replace(b"GET", b"HEAD"))
        self.assertTrue(exchange.received().endswith(b"content-length: 3\r\n\r\n"))
        self.assertEqual((stream.reads, stream.closed), (0, True))

    def test_paused_client(self) -> None:
        """A client that pauses gets the rest when it takes again."""
        stream = Gated(b"a", b"b", b"c")
        exchange = exchange_of(stream, 3)
        exchange.send(GET)
        stream.give()
        exchange.wire.producer.pauseProducing()  # type: ignore[union-attr]
        stream.give()
        stream.give()
        self.assertTrue(exchange.received().endswith(b"\r\n\r\na"))
        exchange.wire.producer.resumeProducing()  # type: ignore[union-attr]
        stream.give()
        self.assertEqual(exchange.received(), b"bc")
        self.assertTrue(stream.closed)

    def test_client_leaves(self) -> None:
        """The stream is closed, whether it was being read or waited for its client."""
        for given in (0, 1, 2):
            stream = Gated(b"a", b"b", b"c")
            exchange = exchange_of(stream, 3)
            exchange.send(GET)
            for _ in range(given):
                stream.give()
            exchange.wire.producer.pauseProducing()  # type: ignore[union-attr]
            stream.give()
            exchange.leave()
            self.assertIsInstance(exchange.leaf.outcomes[0], CancelledError)
            self.assertTrue(stream.closed)
            self.assertEqual(exchange.clock.getDelayedCalls(), [])

    def test_short_stream(self) -> None:
        """A body that breaks off takes its connection with it."""
        for pieces in ((b"abc",), (b"abc", b"defgh")):
            stream = Pieces(*pieces)
            exchange = exchange_of(stream, 6)
            exchange.send(GET)
            self.assertIsInstance(exchange.leaf.outcomes[0], StoreUnavailable)
            self.assertTrue(exchange.wire.aborted)
            self.assertTrue(stream.closed)

    def test_stream_without_a_beginning(self) -> None:
        """While nothing is written, an error is an answer."""
        stream = Pieces()

        async def serve(request: PictdRequest) -> None:
            request.setHeader(b"content-length", b"3")
            try:
                await send_stream(request, stream)
            finally:
                request.responseHeaders.removeHeader(b"content-length")

        exchange = Exchange(serve)
        exchange.send(GET)
        self.assertTrue(exchange.received().startswith(b"HTTP/1.1 503 "))
        self.assertFalse(exchange.wire.aborted)


class Gated(Pieces):
    """A stream whose pieces are let out one by one."""

    _gate: Deferred[None] | None = None

    async def read(self) -> bytes:
        """Wait for ``give``."""
        self._gate = Deferred()
        await self._gate
        return await super().read()

    def give(self) -> None:
        """Let a waiting reader have the next piece."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.callback(None)


class SlowClientTests(TestCase):
    """Clients that take their time (contract A3), over sockets, under a clock of the test's own."""

    SIZE = 30_000_000

    async def connect(self) -> Caller:
        """A client that has asked for a large body and takes none of it."""
        self.clock = Clock()

        async def serve(request: PictdRequest) -> None:
            request.setHeader(b"content-length", b"%d" % self.SIZE)
            await send_stream(request, Pieces(*[b"x" * 100_000] * 300))

        self.leaf = Leaf(serve)
        site: Any = PictdSite(self.leaf, self.clock, BodyLimits(1000))
        port = NET.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        address: Any = port.getHost()
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", address.port)
        caller: Caller = await connectProtocol(endpoint, Caller())
        self.addCleanup(caller.transport.loseConnection)
        caller.transport.pauseProducing()
        caller.transport.write(GET)
        await self.pause(20)
        return caller

    async def pause(self, turns: int = 1) -> None:
        """Let the reactor turn."""
        for _ in range(turns):
            await deferLater(reactor, 0.005)

    async def test_stalled(self) -> None:
        """One that takes nothing for a minute is dropped, and its handler ends."""
        await self.connect()
        for _ in range(12):
            self.clock.advance(5)
            await self.pause()
        self.assertEqual(self.leaf.outcomes, [])
        self.clock.advance(5)
        await self.pause(3)
        self.assertIsInstance(self.leaf.outcomes[0], CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_slow(self) -> None:
        """One that takes a little now and then gets everything, though it lasts."""
        caller = await self.connect()
        for _ in range(8):
            for _ in range(10):
                self.clock.advance(5)
                await self.pause()
            caller.transport.resumeProducing()
            await self.pause(2)
            caller.transport.pauseProducing()
        self.assertEqual(caller.ended.called, False)
        caller.transport.resumeProducing()
        while len(caller.data) < self.SIZE:
            await self.pause()
        self.clock.advance(5)
        data = await caller.ended
        self.assertTrue(data.endswith(b"x" * 1000))
        self.assertEqual(self.leaf.outcomes, [None])
