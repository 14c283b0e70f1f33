"""What comes of a download."""

from __future__ import annotations

import gzip
import socket

from pictd.errors import (
    FileTooLarge,
    UnusableUrl,
    UpstreamRefused,
    UpstreamTooSlow,
    UpstreamUnreachable,
)
from pictd.remote.agents import USER_AGENT
from pictd.remote.client import MOST_REDIRECTS, Pace
from tests.support.strangers import RemoteTestCase, Stranger, answered


def moved(location: str, status: bytes = b"302 Found") -> bytes:
    """A redirect whose body nobody reads."""
    return answered(b"x" * 1000, status=status, headers=(b"Location: " + location.encode(),))


class SuccessTests(RemoteTestCase):
    """Bytes arrive."""

    async def test_a_length(self) -> None:
        """The body ends where it was said to, whether or not the connection does."""
        self.assertEqual(await self.got(self.says(answered(b"picture"))), b"picture")

    async def test_pieces(self) -> None:
        """A body in chunks."""
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        url = self.says(head + b"3\r\npic\r\n4\r\nture\r\n0\r\n\r\n")
        self.assertEqual(await self.got(url), b"picture")

    async def test_until_the_end(self) -> None:
        """Without either, the body ends with the connection."""
        site = self.site(lambda stranger, _: stranger.end(b"HTTP/1.0 200 OK\r\n\r\npicture"))
        self.assertEqual(await self.got(f"http://{site}/"), b"picture")

    async def test_nothing(self) -> None:
        """An empty body is one."""
        for answer in (answered(), b"HTTP/1.1 204 No Content\r\n\r\n"):
            self.assertEqual(await self.got(self.says(answer)), b"")

    async def test_much(self) -> None:
        """All of it, in order."""
        body = bytes(range(256)) * 20_000
        self.assertEqual(await self.got(self.says(answered(body)), len(body)), body)

    async def test_what_is_asked(self) -> None:
        """Who asks, for what, and that it is not to be compressed. A fragment is not sent."""
        url = self.says(answered(b"x"))
        await self.got(url + "/%7e é?a=b;c#d")
        [request] = self.sites[0].requests
        lines = request.decode().lower().split("\r\n")
        self.assertEqual(lines[0], "get /file/%7e%20%c3%a9?a=b;c http/1.1")
        for line in (
            f"user-agent: {USER_AGENT}",
            "accept-encoding: identity",
            "connection: close",
            f"host: {url.split('/')[2]}",
        ):
            self.assertIn(line, lines)
        self.assertTrue(any(line.startswith("accept: image/") for line in lines))

    async def test_what_was_compressed_stays_so(self) -> None:
        """Nothing is unpacked."""
        body = gzip.compress(bytes(1_000_000))
        url = self.says(answered(body, headers=(b"Content-Encoding: gzip",)))
        self.assertEqual(await self.got(url, 10_000), body)


class RedirectTests(RemoteTestCase):
    """Being sent elsewhere."""

    def chain(self, length: int) -> str:
        """A URL that leads on so many times."""

        def step(stranger: Stranger, target: str) -> None:
            left = int(target[1:])
            stranger.say(moved(f"/{left - 1}") if left else answered(b"picture"))

        return f"http://{self.site(step)}/{length}"

    async def test_every_kind(self) -> None:
        """Relative or absolute."""
        there = self.says(answered(b"picture"))
        for status in (b"301 M", b"302 F", b"303 S", b"307 T", b"308 P"):
            self.assertEqual(await self.got(self.says(moved(there, status))), b"picture")

    async def test_as_many_as_allowed(self) -> None:
        """Each on a connection of its own."""
        self.assertEqual(await self.got(self.chain(MOST_REDIRECTS)), b"picture")
        self.assertEqual(len(self.sites[0].requests), MOST_REDIRECTS + 1)

    async def test_too_many(self) -> None:
        """One more is too much, and so is a loop."""
        error = await self.assert_fails(UpstreamUnreachable, self.chain(MOST_REDIRECTS + 1))
        self.assertEqual(str(error), "too many redirects")
        self.assertEqual(len(self.sites[0].requests), MOST_REDIRECTS + 1)
        await self.assert_fails(UpstreamUnreachable, self.says(moved("/loop")))

    async def test_to_what_is_not_fetched(self) -> None:
        """That is the other server's mistake."""
        for location in ("file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "data:,x",
                         "//user:password@example.org/"):  # fmt: skip
            error = await self.assert_fails(UpstreamUnreachable, self.says(moved(location)))
            self.assertNotIn("passw", str(error))

    async def test_nowhere(self) -> None:
        """Without a location it is an answer like others."""
        error = await self.assert_fails(UpstreamRefused, self.says(answered(status=b"302 Found")))
        self.assertIn("bad response 302 Found", str(error))


class RefusalTests(RemoteTestCase):
    """The other server, or the client, says no."""

    async def test_a_failure(self) -> None:
        """It is told by its number and the standard phrase, not by what the server calls it."""
        for status, told in {
            b"404 Whatever": "404 Not Found",
            b"410": "410 Gone",
            b"500 127.0.0.1": "500 Internal Server Error",
            b"304 Not Modified": "304 Not Modified",
            b"300 Multiple Choices": "300 Multiple Choices",
            b"799 Odd": "799",
        }.items():
            error = await self.assert_fails(UpstreamRefused, self.says(answered(status=status)))
            self.assertEqual(str(error), f"Unable to download image, bad response {told}")
            self.assertIsNone(error.retry_after)

    async def test_a_failure_for_some_time(self) -> None:
        """How long it asks to be left alone is known."""
        url = self.says(answered(status=b"429 T", headers=(b"Retry-After: 120",)))
        self.assertEqual((await self.assert_fails(UpstreamRefused, url)).retry_after, 120)

    async def test_an_announced_oversize(self) -> None:
        """Nothing of it is waited for."""
        url = self.says(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")
        error = await self.assert_fails(FileTooLarge, url, 100)
        self.assertEqual(error.extra, {"limit": 100, "actual": 101})

    async def test_an_oversize_that_shows_late(self) -> None:
        """The body is not read to its end, which it does not have."""

        def endless(stranger: Stranger, _: str) -> None:
            stranger.say(b"HTTP/1.1 200 OK\r\n\r\n")
            stranger.pour(bytes(65536))

        url = f"http://{self.site(endless)}/"
        error = await self.assert_fails(FileTooLarge, url, 3_000_000)
        self.assertEqual(error.extra["limit"], 3_000_000)
        self.assertGreater(error.extra["actual"], 3_000_000)
        self.assertLess(error.extra["actual"], 3_200_000)
        await self.until_left()

    async def test_the_limit_itself(self) -> None:
        """Is allowed, announced or not."""
        self.assertEqual(await self.got(self.says(answered(b"x" * 100)), 100), b"x" * 100)

    async def test_unusable_urls(self) -> None:
        """Are the client's mistake."""
        for url in (
            "", "nonsense", "/relative", "//127.0.0.1/a", "http://", "ftp://127.0.0.1/a",
            "file:///etc/passwd", "data:image/png;base64,AAAA", "gopher://127.0.0.1/",
            "http://a..b/", "http://user:password@127.0.0.1/", "http://h/\ud800",
        ):  # fmt: skip
            with self.assertRaises(UnusableUrl):
                await self.got(url)


class BrokenTests(RemoteTestCase):
    """The other server does not do as it should."""

    async def test_nobody_there(self) -> None:
        """Nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        await self.assert_fails(UpstreamUnreachable, f"http://127.0.0.1:{port}/")

    async def test_no_such_name(self) -> None:
        """The name has no addresses."""
        await self.assert_fails(UpstreamUnreachable, "http://nowhere.example/")

    async def test_a_body_that_ends_early(self) -> None:
        """Is no body, however the connection ends."""
        short = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture"
        chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npicture"
        for answer in (short, chunk):
            site = self.site(lambda stranger, _, answer=answer: stranger.end(answer))  # type: ignore[misc]
            await self.assert_fails(UpstreamUnreachable, f"http://{site}/")

    async def test_a_body_without_length_that_breaks_off(self) -> None:
        """Is told apart from one that ends."""
        stream = await self.remote().fetch(self.says(b"HTTP/1.0 200 OK\r\n\r\npicture"), 100)
        self.assertEqual(await stream.read(), b"picture")
        self.sites[0].guests[0].break_off()
        with self.assertRaises(UpstreamUnreachable):
            await stream.read()

    async def test_no_http(self) -> None:
        """Whatever it is."""
        for answer in (b"what do you want?\r\n\r\n", b"\0" * 20_000 + b"\r\n", b"HTTP/1.1\r\n\r\n"):
            await self.assert_fails(UpstreamUnreachable, self.says(answer))
        site = self.site(lambda stranger, _: stranger.end())
        await self.assert_fails(UpstreamUnreachable, f"http://{site}/")

    async def test_a_head_without_end(self) -> None:
        """Is not collected."""

        def endless(stranger: Stranger, _: str) -> None:
            stranger.say(b"HTTP/1.1 200 OK\r\n")
            stranger.pour(b"X-Header: " + b"x" * 8000 + b"\r\n")

        await self.assert_fails(UpstreamUnreachable, f"http://{self.site(endless)}/")
        await self.until_left()
        self.assertLess(self.sites[0].poured, 32_000_000)


class SlowTests(RemoteTestCase):
    """The other server takes its time."""

    async def test_no_answer(self) -> None:
        """The head has a limit of its own, and that of the whole holds as well."""
        for pace in (Pace(0.2), Pace(10, head=0.2)):
            await self.assert_fails(UpstreamTooSlow, self.says(b""), pace=pace)
            await self.assert_fails(UpstreamTooSlow, self.says(b"HTTP/1.1 200 OK\r\n"), pace=pace)

    async def test_half_a_body(self) -> None:
        """The time is that of the whole download."""
        url = self.says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture")
        await self.assert_fails(UpstreamTooSlow, url, pace=Pace(0.2))

    async def test_a_server_that_is_asked_too_much(self) -> None:
        """Waiting for one's turn counts."""
        url = self.says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture")
        patient = self.remote()
        streams = [await patient.fetch(url, 100) for _ in range(6)]
        await self.assert_fails(UpstreamTooSlow, url, pace=Pace(0.2))
        self.assertEqual(len(self.sites[0].requests), 6)
        for each in streams:
            each.close()
