"""Downloads that nobody wants any more, and readers that take their time.

``RemoteTestCase`` sees to it that no connection stays open and that nobody is counted as busy;
trial sees to sockets and timers of this side.
"""

from __future__ import annotations

import socket

from twisted.internet.defer import CancelledError, Deferred

from pictd.errors import Overloaded, UpstreamUnreachable
from pictd.interfaces.stores import IByteStream
from pictd.remote.bodies import MOST_HELD
from pictd.remote.client import HttpRemote
from pictd.remote.turns import PER_HOST, Turns
from tests.support.strangers import Names, RemoteTestCase, Silent, Stranger, answered
from tests.support.waiting import until

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


class LeavingTests(RemoteTestCase):
    """Cancelling ends everything, and is told as such."""

    def begin(self, url: str, remote: HttpRemote | None = None) -> Deferred[IByteStream]:
        """A download."""
        return Deferred.fromCoroutine((remote or self.remote()).fetch(url, 1000))

    async def assert_cancelled(self, waiting: Deferred[IByteStream] | Deferred[bytes]) -> None:
        """At once."""
        waiting.cancel()
        self.assertIsInstance(self.failureResultOf(waiting).value, CancelledError)
        await self.until_left()

    async def until_asked(self) -> None:
        """The server has the request."""

        async def asked() -> bool:
            return bool(self.sites[0].requests)

        await until(asked, 5, lambda: "nobody asked")

    def crowded(self) -> str:
        """The address of a listener whose queue is full: connecting to it takes for ever."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        for _ in range(4):
            guest = socket.socket()
            self.addCleanup(guest.close)
            guest.setblocking(False)
            guest.connect_ex(listener.getsockname())
        return f"127.0.0.1:{listener.getsockname()[1]}"

    async def test_while_looking_up(self) -> None:
        """An answer that comes later leads nowhere."""
        silent = Silent()
        self.names = silent  # type: ignore[assignment]
        await self.assert_cancelled(self.begin("http://pictures.example/"))
        silent.receivers[0].resolutionComplete()

    async def test_while_connecting(self) -> None:
        """To somebody who lets nobody in."""
        await self.assert_cancelled(self.begin(f"http://{self.crowded()}/"))

    async def test_while_shaking_hands(self) -> None:
        """With somebody who speaks no TLS, and says nothing."""
        site = self.site(lambda stranger, _: None)
        download = self.begin(f"https://{site}/")

        async def met() -> bool:
            return any(guest.heard for guest in self.sites[0].guests)

        await until(met, 5, lambda: "nobody came")
        await self.assert_cancelled(download)

    async def test_while_waiting_for_an_answer(self) -> None:
        """Before its first byte, and in its head."""
        for said in (b"", b"HTTP/1.1 200 OK\r\n"):
            self.sites.clear()
            download = self.begin(self.says(said))
            await self.until_asked()
            await self.assert_cancelled(download)

    async def test_while_waiting_for_ones_turn(self) -> None:
        """The others are not disturbed."""
        remote, url = self.remote(), self.says(HALF)
        streams = [await remote.fetch(url, 1000) for _ in range(PER_HOST)]
        last = self.begin(url, remote)
        last.cancel()
        self.assertIsInstance(self.failureResultOf(last).value, CancelledError)
        for each in streams:
            self.assertEqual(await each.read(), b"half")
            each.close()

    async def test_while_reading(self) -> None:
        """The stream is closed by that."""
        stream = await self.remote().fetch(self.says(HALF), 1000)
        self.assertEqual(await stream.read(), b"half")
        await self.assert_cancelled(Deferred.fromCoroutine(stream.read()))
        with self.assertRaises(UpstreamUnreachable):
            await stream.read()

    async def test_closing(self) -> None:
        """Ends the connection, whatever was still to come; a second time does nothing."""
        stream = await self.remote().fetch(self.says(HALF), 1000)
        stream.close()
        stream.close()
        await self.until_left()
        with self.assertRaises(UpstreamUnreachable):
            await stream.read()

    async def test_closing_what_is_complete(self) -> None:
        """It must not look like a body that has ended."""
        stream = await self.remote().fetch(self.says(answered(b"picture")), 1000)
        await self.until_left()
        stream.close()
        with self.assertRaises(UpstreamUnreachable):
            await stream.read()

    async def test_closing_while_somebody_reads(self) -> None:
        """Who reads is told."""
        stream = await self.remote().fetch(self.says(HALF), 1000)
        await stream.read()
        reading = Deferred.fromCoroutine(stream.read())
        stream.close()
        self.failureResultOf(reading, UpstreamUnreachable)


class PaceTests(RemoteTestCase):
    """How fast, and how many at a time."""

    async def test_a_reader_that_does_not_read(self) -> None:
        """Little is kept for it: the server is held up."""

        def endless(stranger: Stranger, _: str) -> None:
            stranger.say(b"HTTP/1.1 200 OK\r\n\r\n")
            stranger.pour(b"x" * 65536)

        url = f"http://{self.site(endless)}/"
        stream = await self.remote().fetch(url, 1 << 40)
        before = -1

        async def held_up() -> bool:
            nonlocal before
            before, poured = self.sites[0].poured, before
            return before == poured

        await until(held_up, 10, lambda: f"{before} bytes went out")
        first = await stream.read()
        self.assertGreaterEqual(len(first), MOST_HELD)
        self.assertLess(len(first), 2 * MOST_HELD)
        for _ in range(100):
            self.assertEqual((await stream.read()).strip(b"x"), b"")
        stream.close()

    async def test_turns(self) -> None:
        """So many at a time per server; the next one comes when a stream is closed."""
        self.names = Names(pictures=[["127.0.0.1"]])
        remote, url = self.remote(), self.says(HALF)
        streams = [await remote.fetch(url, 1000) for _ in range(PER_HOST)]
        next_one = Deferred.fromCoroutine(remote.fetch(url, 1000))
        (await remote.fetch(url.replace("127.0.0.1", "pictures.example"), 1000)).close()
        self.assertNoResult(next_one)
        streams.pop().close()
        streams.append(await next_one)
        self.assertEqual(len(self.sites[0].requests), PER_HOST + 2)
        for each in streams:
            each.close()

    async def test_a_long_queue(self) -> None:
        """Who comes too late is turned away at once."""
        self.turns = Turns(places=1, queue=0)
        remote, url = self.remote(), self.says(HALF)
        stream = await remote.fetch(url, 1000)
        with self.assertRaises(Overloaded):
            await remote.fetch(url, 1000)
        stream.close()
