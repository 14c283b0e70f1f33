"""The request's own deadline."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import BadDeadline, RequestTimeout
from pictd.model.times import SECOND
from pictd.web.answers import send_empty
from pictd.web.deadline import parse_deadline, within
from pictd.web.request import PictdRequest
from pictd.web.routing import Endpoint, Handler, Route
from tests.support.exchange import Exchange


class ParseTests(SynchronousTestCase):
    """``parse_deadline``."""

    def test_absent(self) -> None:
        """Without a header there is no deadline."""
        self.assertIsNone(parse_deadline(None))

    def test_dates(self) -> None:
        """Every integer that is a date parses."""
        for text in (b"-5", b"+5", b"0", b"253402300799000000000", b"-377705116800000000000"):
            self.assertEqual(parse_deadline(text), int(text))

    def test_malformed(self) -> None:
        """Each kind of mistake has its text."""
        mistakes = {
            "Invalid header string": [b"\xff", b"\x7f", b"1\x01"],
            "Invalid deadline format": [
                b"soon", b"", b"5.0", b"0x5", b"1e9", b"1 2", b"1_0", b"9" * 40, b"9" * 5000,
            ],
            "Invalid deadline timestmap": [
                b"9" * 30, b"253402300800000000000", b"-377705116801000000000",
            ],
        }  # fmt: skip
        for text, values in mistakes.items():
            for value in values:
                with self.assertRaises(BadDeadline) as caught:
                    parse_deadline(value)
                self.assertEqual(str(caught.exception), text, value)


class WithinTests(SynchronousTestCase):
    """``within``."""

    def setUp(self) -> None:
        """It is second 1000."""
        self.clock = Clock()
        self.clock.advance(1000)
        self.waiting: Deferred[str] = Deferred()
        self.ended: list[str] = []

    async def work(self) -> str:
        """Waits, and notes its end."""
        try:
            return await self.waiting
        finally:
            self.ended.append("ended")

    def begin(self, deadline: int | None, *more: Callable[[], bool]) -> Deferred[str]:
        """Work under a deadline in seconds."""
        moment = None if deadline is None else deadline * SECOND
        return Deferred.fromCoroutine(within(moment, self.clock, self.work(), *more))

    def test_in_time(self) -> None:
        """The result comes through, and no timer stays."""
        result = self.begin(1005)
        self.waiting.callback("done")
        self.assertEqual(self.successResultOf(result), "done")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_too_late(self) -> None:
        """At the deadline the work is cancelled and the request times out."""
        result = self.begin(1005)
        self.clock.advance(4.9)
        self.assertNoResult(result)
        self.clock.advance(0.1)
        self.failureResultOf(result, RequestTimeout)
        self.assertEqual(self.ended, ["ended"])

    def test_past_deadline(self) -> None:
        """Work that has to wait is late at once when the deadline is past."""
        self.failureResultOf(self.begin(1), RequestTimeout)

    def test_past_deadline_without_waiting(self) -> None:
        """Work that need not wait is never late."""
        self.waiting.callback("done")
        self.assertEqual(self.successResultOf(self.begin(1)), "done")

    def test_no_deadline(self) -> None:
        """Without a deadline nothing is timed."""
        result = self.begin(None)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.waiting.callback("done")
        self.successResultOf(result)

    def test_error_of_the_work(self) -> None:
        """The work's own error comes through."""
        result = self.begin(1005)
        self.waiting.errback(ZeroDivisionError())
        self.failureResultOf(result, ZeroDivisionError)

    def test_cancelled_by_others(self) -> None:
        """A client that leaves is no timeout."""
        result = self.begin(1005)
        result.cancel()
        self.failureResultOf(result, CancelledError)
        self.assertEqual(self.ended, ["ended"])

    def begin_to_undo(self) -> Deferred[None]:
        """Work that has to wait also when it is cancelled."""
        self.undoing: Deferred[None] = Deferred()

        async def work() -> None:
            try:
                await self.waiting
            finally:
                await self.undoing
                self.ended.append("undone")

        return Deferred.fromCoroutine(within(1005 * SECOND, self.clock, work()))

    def assert_undone(self, result: Deferred[None]) -> None:
        """The client hears of nothing; the work comes to its end."""
        self.failureResultOf(result, CancelledError)
        self.assertEqual(self.ended, [])
        self.undoing.callback(None)
        self.assertEqual(self.ended, ["undone"])

    def test_a_client_that_leaves_after_its_deadline(self) -> None:
        """What late work has to undo is not cut off."""
        result = self.begin_to_undo()
        self.clock.advance(5)
        self.assertNoResult(result)
        result.cancel()
        self.assert_undone(result)

    def test_a_client_that_leaves_before_its_deadline(self) -> None:
        """Nor is it by the deadline."""
        result = self.begin_to_undo()
        result.cancel()
        self.clock.advance(5)
        self.assert_undone(result)

    def test_answered(self) -> None:
        """What was answered in time may go on as long as it likes."""
        result = self.begin(1005, lambda: True)
        self.clock.advance(10)
        self.assertNoResult(result)
        self.waiting.callback("done")
        self.assertEqual(self.successResultOf(result), "done")


class EndpointTests(SynchronousTestCase):
    """A deadline around a route."""

    def begin(self, handler: Handler) -> Exchange:
        """A request with a deadline in five seconds."""

        async def serve(request: PictdRequest) -> None:
            request.deadline = 1_700_000_005 * SECOND
            await Endpoint(Route("/", {b"GET": handler}), exchange.clock)(request)

        exchange = Exchange(serve)
        exchange.send(b"GET / HTTP/1.1\r\n\r\n")
        return exchange

    def test_before_the_answer(self) -> None:
        """408."""

        async def wait(_: PictdRequest) -> None:
            await Deferred()

        exchange = self.begin(wait)
        exchange.clock.advance(5)
        self.assertIn(b" 408 ", exchange.received())

    def test_a_body_on_its_way(self) -> None:
        """The time to the head of the answer is bound, not that of the body."""
        rest: Deferred[bytes] = Deferred()

        async def send(request: PictdRequest) -> None:
            request.setHeader(b"content-length", b"8")
            request.write(b"half")
            request.write(await rest)
            request.finish()

        exchange = self.begin(send)
        exchange.clock.advance(6)
        rest.callback(b"rest")
        self.assertTrue(exchange.received().endswith(b"\r\n\r\nhalfrest"))

    def test_what_follows_the_answer(self) -> None:
        """Is not cut off either."""
        ended: list[bool] = []
        waiting: Deferred[None] = Deferred()

        async def send(request: PictdRequest) -> None:
            send_empty(request, 204)
            await waiting
            ended.append(True)

        exchange = self.begin(send)
        exchange.clock.advance(6)
        waiting.callback(None)
        self.assertEqual(ended, [True])
