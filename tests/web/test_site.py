"""Requests that begin with their head, and connections that outlive bodies."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import BadForm, FileTooLarge, InvalidJson, StreamTooSlow
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from tests.support.exchange import Exchange

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


def post(length: int, more: bytes = b"") -> bytes:
    """The head of a request with a body."""
    return b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n%b\r\n" % (length, more)


async def path(request: PictdRequest) -> bytes:
    """Answers with the path."""
    return request.path


async def echo(request: PictdRequest) -> bytes:
    """Answers with the body."""
    pieces = []
    while piece := await request.body.read():
        pieces.append(piece)
    return b"".join(pieces)


async def early(request: PictdRequest) -> bytes:
    """Answers without reading."""
    return b"early"


class AnswerTests(SynchronousTestCase):
    """How answers are framed."""

    def test_head_of_an_answer(self) -> None:
        """Names in lower case, a date, no server, and a length."""
        exchange = Exchange(path)
        exchange.send(GET)
        raw = exchange.wire.value()
        self.assertIn(b"\r\ndate: ", raw)
        self.assertEqual(exchange.received(), b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n/x")

    def test_empty_answer(self) -> None:
        """Neither type nor chunks."""

        async def nothing(request: PictdRequest) -> None:
            request.setResponseCode(404)

        exchange = Exchange(nothing)
        exchange.send(GET)
        expected = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
        self.assertEqual(exchange.received(), expected)

    def test_no_content(self) -> None:
        """204 and 304 tell no length."""

        async def nothing(request: PictdRequest) -> None:
            request.setResponseCode(204)

        exchange = Exchange(nothing)
        exchange.send(GET)
        self.assertEqual(exchange.received(), b"HTTP/1.1 204 No Content\r\n\r\n")

    def test_head(self) -> None:
        """HEAD gets the length without the body."""
        exchange = Exchange(path)
        exchange.send(GET.replace(b"GET", b"HEAD"))
        self.assertEqual(exchange.received(), b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")

    def test_several_pieces(self) -> None:
        """Without a known length, pieces are chunks."""

        async def pieces(request: PictdRequest) -> None:
            for piece in (b"one", b"two"):
                request.write(piece)

        exchange = Exchange(pieces)
        exchange.send(GET)
        self.assertTrue(exchange.received().endswith(b"\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"))

    def test_http_1_0(self) -> None:
        """It is answered, then the connection ends."""
        exchange = Exchange(path)
        exchange.send(b"GET /x HTTP/1.0\r\n\r\n")
        self.assertTrue(exchange.received().endswith(b"connection: close\r\n\r\n/x"))
        self.assertTrue(exchange.wire.closed)

    def test_bad_target(self) -> None:
        """400 and empty; the connection stays."""
        exchange = Exchange(path)
        exchange.send(b"GET /\x80 HTTP/1.1\r\n\r\n" + GET)
        bad, good = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", b"\r\n\r\n/x"
        answer = exchange.received()
        self.assertTrue(answer.startswith(bad) and answer.endswith(good), answer)

    def test_handler_that_fails_before_it_runs(self) -> None:
        """An unknown error outside a handler is an incident, told as JSON."""
        exchange = Exchange(path)
        exchange.leaf.render = lambda request: 1 // 0  # type: ignore[method-assign]
        exchange.send(GET)
        self.assertIn(b'"incident"', exchange.received())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class HeadTests(SynchronousTestCase):
    """Heads that are late, long or wrong (spec http-api §2.1)."""

    def answer_to(self, data: bytes) -> bytes:
        """What a connection that begins so is told; it must then be closed."""
        exchange = Exchange(path)
        exchange.send(data)
        self.assertTrue(exchange.wire.closed)
        return exchange.received()

    def test_malformed(self) -> None:
        """400, empty, close."""
        for data in (
            b"GARBAGE\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x16\x03\x01\r\n",
        ):  # fmt: skip
            self.assertTrue(self.answer_to(data).startswith(b"HTTP/1.1 400 "), data)

    def test_too_many_headers(self) -> None:
        """96 headers are fine, 97 are not."""
        lines = b"".join(b"x-%d: y\r\n" % n for n in range(96))
        exchange = Exchange(path)
        exchange.send(b"GET /x HTTP/1.1\r\n" + lines + b"\r\n")
        self.assertTrue(exchange.received().startswith(b"HTTP/1.1 200 "))
        answer = self.answer_to(b"GET /x HTTP/1.1\r\n" + lines + b"z: 1\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 431 "))

    def test_too_long(self) -> None:
        """131072 bytes are the most, in one line or in many."""
        line = b"GET /x HTTP/1.1\r\nx: " + b"y" * 131073
        self.assertTrue(self.answer_to(line).startswith(b"HTTP/1.1 431 "))
        lines = b"".join(b"x-%d: %b\r\n" % (n, b"y" * 3000) for n in range(50))
        answer = self.answer_to(b"GET /x HTTP/1.1\r\n" + lines)
        self.assertTrue(answer.startswith(b"HTTP/1.1 431 "))

    def test_long_head(self) -> None:
        """A long query is no mistake."""
        exchange = Exchange(path)
        exchange.send(b"GET /x?" + b"y" * 100_000 + b" HTTP/1.1\r\n\r\n")
        self.assertTrue(exchange.received().startswith(b"HTTP/1.1 200 "))

    def test_slow(self) -> None:
        """A head that does not end within 5 s of its beginning is 408, dripping or not."""
        for first in (b"G", b"GET /x HTTP/1.1\r\n"):
            exchange = Exchange(path)
            exchange.send(first)
            for _ in range(4):
                exchange.clock.advance(1.1)
                exchange.send(b"a")
            self.assertFalse(exchange.wire.closed)
            exchange.clock.advance(1)
            expected = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n"
            self.assertTrue(exchange.received().startswith(expected))
            self.assertTrue(exchange.wire.closed)

    def test_idle(self) -> None:
        """A connection on which nothing happens for 5 s is closed without a word."""
        for before in (b"", GET):
            exchange = Exchange(path)
            exchange.send(before)
            exchange.received()
            exchange.clock.advance(4)
            self.assertFalse(exchange.wire.closed)
            exchange.clock.advance(1)
            self.assertTrue(exchange.wire.closed)
            self.assertEqual(exchange.received(), b"")

    def test_waiting_handler(self) -> None:
        """No time runs while the server itself is slow."""
        answer: Deferred[bytes] = Deferred()

        async def slow(request: PictdRequest) -> bytes:
            return await answer

        exchange = Exchange(slow)
        exchange.send(GET)
        exchange.clock.advance(1000)
        answer.callback(b"late")
        self.assertTrue(exchange.received().endswith(b"late"))
        exchange.clock.advance(5)
        self.assertTrue(exchange.wire.closed)


class BodyTests(SynchronousTestCase):
    """Bodies on their way in."""

    def test_pieces(self) -> None:
        """The handler runs before the body is there, and the next request comes after it."""
        exchange = Exchange(echo)
        exchange.send(post(6) + b"abc")
        self.assertEqual(len(exchange.leaf.requests), 1)
        self.assertEqual(exchange.received(), b"")
        exchange.send(b"def" + post(2) + b"gh" + GET)
        self.assertEqual(exchange.leaf.outcomes, [b"abcdef", b"gh", b""])
        self.assertEqual(exchange.received().count(b"HTTP/1.1 200 OK"), 3)

    def test_chunked(self) -> None:
        """Chunks are decoded; what follows is the next request."""
        exchange = Exchange(echo)
        exchange.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
        exchange.send(b"c\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + GET)
        self.assertEqual(exchange.leaf.outcomes, [b"abcde", b""])

    def test_pipelining(self) -> None:
        """Requests that come together are answered one after another."""
        answers: list[Deferred[bytes]] = []

        async def slow(request: PictdRequest) -> bytes:
            await echo(request)
            answers.append(Deferred())
            return await answers[-1]

        exchange = Exchange(slow)
        exchange.send(post(1) + b"a" + GET + GET)
        for n in range(3):
            self.assertEqual(len(answers), n + 1)
            answers[n].callback(b"%d" % n)
            self.assertTrue(exchange.received().endswith(b"\r\n\r\n%d" % n))

    def test_expect(self) -> None:
        """100 Continue is sent at once."""
        exchange = Exchange(echo)
        exchange.send(post(1, b"Expect: 100-continue\r\n"))
        self.assertEqual(exchange.received(), b"HTTP/1.1 100 Continue\r\n\r\n")
        exchange.send(b"a")
        self.assertTrue(exchange.received().endswith(b"\r\n\r\na"))

    def test_back_pressure(self) -> None:
        """A client is held back while nobody reads, and no longer."""
        ready: Deferred[None] = Deferred()

        async def slow(request: PictdRequest) -> bytes:
            await ready
            return b"%d" % len(await request.body.read())

        exchange = Exchange(slow, BodyLimits(1_000_000))
        exchange.send(post(300_000) + b"x" * 200_000)
        self.assertFalse(exchange.wire.paused)
        exchange.send(b"x" * 62_144)
        self.assertTrue(exchange.wire.paused)
        ready.callback(None)
        self.assertFalse(exchange.wire.paused)
        self.assertEqual(exchange.leaf.outcomes, [b"262144"])

    def test_whole_body_unread(self) -> None:
        """Once a body is there, the connection is watched again, and lives on."""
        ready: Deferred[bytes] = Deferred()

        async def slow(request: PictdRequest) -> bytes:
            return await ready

        exchange = Exchange(slow, BodyLimits(1_000_000))
        exchange.send(post(300_000) + b"x" * 300_000)
        self.assertFalse(exchange.wire.paused)
        ready.callback(b"")
        exchange.send(GET)
        self.assertEqual(len(exchange.leaf.requests), 2)
        self.assertFalse(exchange.wire.paused)

    def test_receive_limit(self) -> None:
        """A body that takes more than 60 s in total is refused, however steadily it drips."""
        exchange = Exchange(echo)
        exchange.send(post(900))
        for _ in range(59):
            exchange.clock.advance(1)
            exchange.send(b"x")
        self.assertEqual(exchange.leaf.outcomes, [])
        exchange.clock.advance(1)
        self.assertIsInstance(exchange.leaf.outcomes[0], StreamTooSlow)
        self.assertTrue(exchange.received().startswith(b"HTTP/1.1 400 "))

    def test_client_leaves(self) -> None:
        """The handler is cancelled, and nothing is left ticking."""
        exchange = Exchange(echo)
        exchange.send(post(900) + b"x")
        exchange.leave()
        self.assertIsInstance(exchange.leaf.outcomes[0], CancelledError)
        self.assertEqual(exchange.clock.getDelayedCalls(), [])

    def test_reading_after_the_client_left(self) -> None:
        """Work that outlives its route gets no more either."""
        exchange = Exchange(early)
        exchange.send(post(900) + b"x")
        exchange.leave()
        reading = Deferred.fromCoroutine(exchange.leaf.requests[0].body.read())
        self.failureResultOf(reading, CancelledError)

    def test_broken_chunks(self) -> None:
        """The handler hears of it, answers 400, and the connection ends."""
        exchange = Exchange(echo)
        exchange.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        self.assertIsInstance(exchange.leaf.outcomes[0], BadForm)
        answer = exchange.received()
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "))
        self.assertIn(b"connection: close", answer)
        self.assertTrue(exchange.wire.closed)
        exchange.send(GET)
        self.assertEqual(len(exchange.leaf.requests), 1)


class DrainTests(SynchronousTestCase):
    """Answers that come before the body has (spec http-api §2.17)."""

    def test_connection_stays(self) -> None:
        """The rest is dropped, then comes the next request."""
        exchange = Exchange(early)
        exchange.send(post(900) + b"x" * 100)
        self.assertTrue(exchange.received().endswith(b"\r\n\r\nearly"))
        exchange.clock.advance(100)
        exchange.send(b"x" * 800 + GET)
        self.assertEqual(len(exchange.leaf.requests), 2)
        self.assertTrue(exchange.received().endswith(b"\r\n\r\nearly"))
        exchange.leave()
        self.assertEqual(exchange.clock.getDelayedCalls(), [])

    def test_body_with_the_head(self) -> None:
        """Everything may come in one piece."""
        exchange = Exchange(early)
        exchange.send(post(900) + b"x" * 900 + GET)
        self.assertEqual(exchange.received().count(b"early"), 2)

    def test_closing(self) -> None:
        """A connection that is to end does so when the body has come."""
        exchange = Exchange(early)
        exchange.send(post(900, b"Connection: close\r\n"))
        self.assertFalse(exchange.wire.closed)
        exchange.send(b"x" * 900)
        self.assertTrue(exchange.wire.closed)

    def test_patience(self) -> None:
        """After 120 s the connection is dropped."""
        exchange = Exchange(early)
        exchange.send(post(900))
        exchange.clock.advance(119)
        self.assertFalse(exchange.wire.aborted)
        exchange.clock.advance(1)
        self.assertTrue(exchange.wire.aborted)

    def test_endless_body(self) -> None:
        """So it is when more comes than any body may have."""
        exchange = Exchange(early, BodyLimits(1000))
        exchange.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.send(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
        self.assertFalse(exchange.wire.aborted)
        exchange.send(b"1\r\nx\r\n")
        self.assertTrue(exchange.wire.aborted)

    def test_absurd_length(self) -> None:
        """It is refused before a byte has come; there is no waiting for the end of it."""
        exchange = Exchange(echo, BodyLimits(1000))
        exchange.send(post(10**12))
        error = exchange.leaf.outcomes[0]
        self.assertIsInstance(error, FileTooLarge)
        self.assertEqual(error.extra, {"limit": 1000, "actual": 10**12})  # type: ignore[attr-defined]
        answer = exchange.received()
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "))
        self.assertIn(b"connection: close", answer)

    def test_long_chunked_body(self) -> None:
        """One that does not tell its length is refused as soon as it exceeds the limit."""
        exchange = Exchange(echo, BodyLimits(1000))
        exchange.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.send(b"3e9\r\n" + b"x" * 1001)
        self.assertIsInstance(exchange.leaf.outcomes[0], FileTooLarge)
        exchange.send(b"\r\n0\r\n\r\n" + GET)
        self.assertEqual(len(exchange.leaf.requests), 2)


class ReadAllTests(SynchronousTestCase):
    """``PictdRequest.read_all``."""

    def exchange(self) -> Exchange:
        """Bodies of up to ten bytes are let in."""

        async def small(request: PictdRequest) -> bytes:
            return await request.read_all(10)

        return Exchange(small)

    def test_small(self) -> None:
        """A body within the limit comes whole."""
        exchange = self.exchange()
        exchange.send(post(10) + b"12345")
        exchange.send(b"67890")
        self.assertEqual(exchange.leaf.outcomes, [b"1234567890"])

    def test_announced(self) -> None:
        """A longer one is refused by its announcement."""
        exchange = self.exchange()
        exchange.send(post(11))
        self.assertIsInstance(exchange.leaf.outcomes[0], InvalidJson)
        text = "JSON payload (11 bytes) is larger than allowed (limit: 10 bytes)."
        self.assertEqual(str(exchange.leaf.outcomes[0]), text)

    def test_chunked(self) -> None:
        """Or by its bytes."""
        exchange = self.exchange()
        exchange.send(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901")
        text = "JSON payload has exceeded limit (10 bytes)."
        self.assertEqual(str(exchange.leaf.outcomes[0]), text)


class WindDownTests(SynchronousTestCase):
    """The end of a site."""

    def test_nothing_is_open(self) -> None:
        """It is over at once."""
        exchange = Exchange(echo)
        exchange.leave()
        self.successResultOf(exchange.site.wind_down())

    def test_idle_connection(self) -> None:
        """It is closed, and the end is when it is gone."""
        exchange = Exchange(echo)
        over = exchange.site.wind_down()
        self.assertTrue(exchange.wire.closed)
        self.assertNoResult(over)
        exchange.leave()
        self.successResultOf(over)

    def test_request_under_way(self) -> None:
        """It is answered, and told that nothing follows on this connection."""
        exchange = Exchange(echo)
        exchange.send(post(4) + b"1")
        exchange.site.wind_down()
        self.assertFalse(exchange.wire.closed)
        exchange.send(b"234")
        answer = exchange.received()
        self.assertIn(b"\r\nconnection: close\r\n", answer)
        self.assertTrue(answer.endswith(b"1234"))
        self.assertTrue(exchange.wire.closed)

    def test_head_under_way(self) -> None:
        """So is a request of which the first line has come."""
        exchange = Exchange(echo)
        exchange.send(GET[:20])
        exchange.site.wind_down()
        exchange.send(GET[20:])
        self.assertTrue(exchange.received().startswith(b"HTTP/1.1 200 "))
        self.assertTrue(exchange.wire.closed)

    def test_body_that_nobody_wants(self) -> None:
        """It is not waited for."""
        exchange = Exchange(early)
        exchange.send(post(900) + b"x")
        exchange.site.wind_down()
        exchange.clock.advance(3)
        self.assertTrue(exchange.wire.aborted)
