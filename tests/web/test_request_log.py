"""One line for a request."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from pictd.web.request import PictdRequest
from pictd.web.request_log import RequestLog, shown_path
from tests.support.exchange import Exchange


class RequestLogTests(SynchronousTestCase):
    """One connection in memory."""

    def lines(
        self, status: int, successes: LogLevel | None = None, target: str = "/x"
    ) -> list[LogEvent]:
        """What is logged of an answer with that status."""

        async def answer(request: PictdRequest) -> bytes:
            request.setResponseCode(status)
            return b"" if status == 304 else b"body"

        exchange = Exchange(answer)
        exchange.site.watches = [RequestLog(successes)]
        with capturedLogs() as events:
            exchange.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        return list(events)

    def test_levels(self) -> None:
        """By the status (spec configuration 6.2)."""
        for status, level, outcome in (
            (200, LogLevel.info, "completed"),
            (304, LogLevel.info, "completed"),
            (302, LogLevel.info, "redirected"),
            (404, LogLevel.warn, "client error"),
            (503, LogLevel.error, "server error"),
        ):
            (event,) = self.lines(status, LogLevel.info)
            self.assertEqual((event["log_level"], event["outcome"]), (level, outcome), status)

    def test_successes_may_be_left_out(self) -> None:
        """All else is told."""
        told = [status for status in (200, 304, 302, 404, 500) if self.lines(status)]
        self.assertEqual(told, [302, 404, 500])

    def test_what_a_line_tells(self) -> None:
        """Method, path, status, time, bytes, and an id of its own."""
        (event,) = self.lines(200, LogLevel.info)
        self.assertRegex(formatEvent(event), r"^completed: GET /x 200, 0\.0 ms, 4 bytes \(.{36}\)$")
        (other,) = self.lines(200, LogLevel.info)
        self.assertNotEqual(event["request_id"], other["request_id"])

    def test_queries_are_left_out(self) -> None:
        """They may hold what is nobody's business."""
        (event,) = self.lines(404, target="/x?proxy=http://h/secret")
        self.assertNotIn("secret", str(event))

    def test_delete_tokens_are_left_out(self) -> None:
        """However the path is written, and below whatever prefix."""
        for path in ("/image/delete/secret/a.png", "//image//delete/secret", "/p/Delete/secret/"):
            (event,) = self.lines(404, target=path)
            self.assertNotIn("secret", str(event))

    def test_strange_paths(self) -> None:
        """They stay one line, which is not long."""
        self.assertEqual(shown_path(b"/a\n\x1b"), r"/a\n\x1b")
        self.assertEqual(len(shown_path(b"/" + b"a" * 10_000)), 500)
        self.assertEqual(shown_path("/ü".encode()), "/ü")

    def test_a_target_that_is_none(self) -> None:
        """It has a line as well."""
        self.assertEqual([each["status"] for each in self.lines(200, target="nonsense")], [400])

    def test_a_client_that_leaves(self) -> None:
        """There is nothing to tell."""

        async def wait(request: PictdRequest) -> bytes:
            return await Deferred()

        exchange = Exchange(wait)
        exchange.site.watches = [RequestLog(LogLevel.info)]
        with capturedLogs() as events:
            exchange.send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
            exchange.leave()
        self.assertEqual(list(events), [])
