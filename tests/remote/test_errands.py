"""What an operator learns of requests to other servers."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogLevel, capturedLogs, formatEvent

from pictd.errors import (
    BlockedAddress,
    FileTooLarge,
    Overloaded,
    PictdError,
    RefusedByValidator,
    UnusableUrl,
    UpstreamRefused,
    UpstreamTooSlow,
    UpstreamUnreachable,
    ValidatorFailed,
)
from pictd.remote.client import Pace
from pictd.remote.turns import Turns
from tests.support.figures import figure
from tests.support.judge import JudgedTestCase
from tests.support.strangers import RemoteTestCase, answered

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


class CountTests(RemoteTestCase):
    """Figures of downloads."""

    def assert_counted(self, outcome: str, moved: int = 0) -> None:
        """One request, with that end, and that many bytes."""
        get = self.metrics.registry
        self.assertEqual(figure(get, "pictd_outgoing_start", kind="download"), 1)
        name = "pictd_outgoing_duration_count"
        self.assertEqual(figure(get, name, kind="download", outcome=outcome), 1, outcome)
        self.assertEqual(figure(get, name), 1)
        self.assertEqual(figure(get, "pictd_outgoing_bytes", kind="download"), moved)

    async def test_success(self) -> None:
        """With its bytes and its time."""
        await self.got(self.says(answered(b"picture")))
        self.assert_counted("success", len(b"picture"))
        self.assertGreater(figure(self.metrics.registry, "pictd_outgoing_duration_sum"), 0)

    async def test_redirects(self) -> None:
        """They are part of one request."""
        there = self.says(answered(b"picture"))
        location = b"Location: " + there.encode()
        await self.got(self.says(answered(status=b"302 Found", headers=(location,))))
        self.assert_counted("success", len(b"picture"))

    async def test_refused(self) -> None:
        """The other server says no."""
        await self.assert_fails(UpstreamRefused, self.says(answered(status=b"404 No")))
        self.assert_counted("refused")

    async def test_blocked(self) -> None:
        """The address is closed."""
        await self.assert_fails(BlockedAddress, self.says(answered()), allowed=())
        self.assert_counted("blocked")

    async def test_unreachable(self) -> None:
        """Nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        await self.assert_fails(UpstreamUnreachable, f"http://127.0.0.1:{port}/")
        self.assert_counted("unreachable")

    async def test_slow(self) -> None:
        """No answer in time."""
        await self.assert_fails(UpstreamTooSlow, self.says(b""), pace=Pace(0.2))
        self.assert_counted("slow")

    async def test_slow_body(self) -> None:
        """No end of it in time; what came counts."""
        await self.assert_fails(UpstreamTooSlow, self.says(HALF), pace=Pace(0.3))
        self.assert_counted("slow", len(b"half"))

    async def test_too_large(self) -> None:
        """As announced."""
        await self.assert_fails(FileTooLarge, self.says(answered(b"x" * 11)), 10)
        self.assert_counted("too-large")

    async def test_overloaded(self) -> None:
        """Too many wait for the server."""
        self.turns = Turns(places=0, queue=0)
        await self.assert_fails(Overloaded, self.says(answered()))
        self.turns = Turns()
        self.assert_counted("overloaded")

    async def test_left_before_the_answer(self) -> None:
        """Who asked has gone."""
        fetching = Deferred.fromCoroutine(self.remote().fetch(self.says(b""), 10))
        fetching.cancel()
        self.failureResultOf(fetching, CancelledError)
        self.assert_counted("left")

    async def test_left_while_reading(self) -> None:
        """Likewise."""
        stream = await self.remote().fetch(self.says(HALF), 10)
        await stream.read()
        stream.close()
        stream.close()
        self.assert_counted("left", len(b"half"))

    async def test_unusable(self) -> None:
        """Nobody is asked."""
        with self.assertRaises(UnusableUrl):
            await self.got("ftp://example.org/")
        self.assertEqual(figure(self.metrics.registry, "pictd_outgoing_start"), 0)


class LogTests(RemoteTestCase):
    """Lines of downloads."""

    async def logged(self, url: str, error: type[PictdError] | None = None) -> list[Any]:
        """What is told of a download."""
        with capturedLogs() as events:
            if error is None:
                await self.got(url)
            else:
                await self.assert_fails(error, url)
        return [each for each in events if "errand_id" in each]

    async def test_success(self) -> None:
        """Server and path, status, bytes and time; an id of its own."""
        url = self.says(answered(b"picture"))
        ids = []
        for _ in range(2):
            (line,) = [e for e in await self.logged(url) if e["log_level"] is LogLevel.info]
            self.assertEqual((line["outcome"], line["status"], line["bytes"]), ("success", 200, 7))
            self.assertEqual(line["url"], url)
            self.assertGreaterEqual(line["seconds"], 0)
            ids.append(line["errand_id"])
        self.assertNotEqual(*ids)

    async def test_failure(self) -> None:
        """The status, and what is wrong."""
        url = self.says(answered(status=b"404 No"))
        (line,) = [e for e in await self.logged(url, UpstreamRefused) if "outcome" in e]
        self.assertIn("refused", formatEvent(line))
        self.assertIn("404 Not Found", formatEvent(line))

    async def test_queries(self) -> None:
        """Only for those who debug."""
        url = self.says(answered(b"picture")) + "?key=secret"
        for line in await self.logged(url):
            debug = line["log_level"] is LogLevel.debug
            self.assertEqual("secret" in formatEvent(line), debug, formatEvent(line))
            self.assertEqual("secret" in repr(line), debug)

    async def test_redirects(self) -> None:
        """The last server is told; the ways to it for those who debug."""
        there = self.says(answered(b"picture"))
        location = b"Location: " + there.encode()
        url = self.says(answered(status=b"302 Found", headers=(location,)))
        lines = await self.logged(url)
        self.assertEqual([line["url"] for line in lines], [url, there, there])
        self.assertEqual(len({line["errand_id"] for line in lines}), 1)

    async def test_long_urls(self) -> None:
        """A line is of bounded length."""
        lines = await self.logged(self.says(answered(b"x")) + "x" * 5000)
        self.assertLess(len(formatEvent(lines[-1])), 800)


class ValidatorTests(JudgedTestCase):
    """Requests to the operator's own judge."""

    def setUp(self) -> None:
        super().setUp()
        self.file = Path(self.mktemp())
        self.file.write_bytes(b"picture")

    async def test_outcomes(self) -> None:
        """Its yes, its no, and its trouble are told apart."""
        await self.validator().check(self.file, "image/png")
        for status, error in ((403, RefusedByValidator), (503, ValidatorFailed)):
            self.judge.status = status
            with self.assertRaises(error):
                await self.validator().check(self.file, "image/png")
        for outcome in ("success", "refused", "failed"):
            labels = {"kind": "validator", "outcome": outcome}
            name = "pictd_outgoing_duration_count"
            self.assertEqual(figure(self.metrics.registry, name, **labels), 1, outcome)
        self.assertEqual(figure(self.metrics.registry, "pictd_outgoing_bytes"), 21)

    async def test_the_line(self) -> None:
        """As of a download."""
        self.judge.status = 403
        with capturedLogs() as events, self.assertRaises(RefusedByValidator):
            await self.validator().check(self.file, "image/png")
        (line,) = [each for each in events if "outcome" in each]
        told = line["kind"], line["outcome"], line["status"], line["bytes"]
        self.assertEqual(told, ("validator", "refused", 403, 7))

    async def test_who_leaves(self) -> None:
        """Is no failure."""
        self.judge.status = None
        check = Deferred.fromCoroutine(self.validator().check(self.file, "image/png"))
        await self.until_asked()
        check.cancel()
        self.failureResultOf(check, CancelledError)
        registry = self.metrics.registry
        self.assertEqual(figure(registry, "pictd_outgoing_duration_count", outcome="left"), 1)
