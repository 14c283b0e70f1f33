"""Clients that stop sending, send too little or announce too much."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.threads import deferToThread

from pictd.web.app import entrance
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite
from tests.support.exchange import Caller
from tests.support.samples import still
from tests.support.server import ServerTestCase
from tests.support.waiting import pause, until
from tests.system.case import SystemTestCase, memory, scratch

MEBIBYTE = 1024 * 1024
LIMIT = 1.0
"""Seconds; 60 in production."""
PART = (
    b'--b\r\ncontent-disposition: form-data; name="images[]"; filename="a.png"\r\n'
    b"content-type: image/png\r\n\r\n"
)
END = b"\r\n--b--\r\n"


def head(length: int | None) -> bytes:
    """Of an upload; without a length it is chunked."""
    framing = b"transfer-encoding: chunked" if length is None else b"content-length: %d" % length
    kind = b"content-type: multipart/form-data; boundary=b"
    return b"POST /image HTTP/1.1\r\nhost: p\r\n%b\r\n%b\r\n\r\n" % (kind, framing)


class SlowClientTests(ServerTestCase):
    """A body that does not arrive in time ends with 400, and nothing of it is held."""

    def setUp(self) -> None:
        """A server with a short receive limit."""
        super().setUp()
        clock = cast(Any, reactor)
        self.site = PictdSite(entrance(self.parts), clock, BodyLimits(10_000_000, receive=LIMIT))
        self.short = clock.listenTCP(0, self.site, interface="127.0.0.1")
        self.addCleanup(self.short.stopListening)

    async def connected(self) -> Caller:
        """A client of it."""
        host = self.short.getHost()
        endpoint = TCP4ClientEndpoint(cast(Any, reactor), host.host, host.port)
        caller: Caller = await connectProtocol(endpoint, Caller())
        self.addCleanup(caller.transport.abortConnection)
        return caller

    async def assert_ended(self, caller: Caller, code: bytes = b"stream-too-slow") -> None:
        """400 and this code within the limit, and nothing is held."""
        await until(lambda: _told(caller), LIMIT + 1, lambda: caller.data)
        self.assertTrue(caller.data.startswith(b"HTTP/1.1 400 "), caller.data)
        self.assertIn(code, caller.data)
        await self.assert_nothing_held()

    async def assert_dribbling_ends(self, caller: Caller) -> None:
        """So it does while a byte comes every now and then."""
        clock = cast(Any, reactor)
        end = clock.seconds() + LIMIT + 1
        while clock.seconds() < end and not caller.data:
            caller.transport.write(b"x")
            await pause(0.05)
        await self.assert_ended(caller)

    async def assert_nothing_held(self) -> None:
        """No file, no request."""

        async def idle() -> bool:
            requests = [each for channel in self.site.channels for each in channel.requests]
            return not self.scratch.live and all(each.finished for each in requests)

        await until(idle, LIMIT, lambda: (self.scratch.live, self.site.channels))
        self.assertEqual(list(self.scratch.root.iterdir()), [])

    async def test_unfinished_chunk(self) -> None:
        """A chunk of which a part never comes."""
        caller = await self.connected()
        caller.transport.write(head(None) + b"%x\r\n" % 5000 + PART + b"x" * 1000)
        await self.assert_ended(caller)

    async def test_half_a_chunk_header(self) -> None:
        """A chunk whose size is never told to its end."""
        caller = await self.connected()
        caller.transport.write(head(None) + b"%x\r\n" % len(PART) + PART + b"\r\n1f")
        await self.assert_ended(caller)

    async def test_half_a_delimiter(self) -> None:
        """A form that could end any moment, and does not."""
        caller = await self.connected()
        caller.transport.write(head(10_000) + PART + b"x" * 1000 + b"\r\n--")
        await self.assert_ended(caller)

    async def test_whole_form_in_a_longer_body(self) -> None:
        """A form that is complete, though its body is not."""
        caller = await self.connected()
        caller.transport.write(head(10_000) + PART + b"x" * 1000 + END)
        await self.assert_ended(caller)

    async def test_fewer_bytes_than_announced(self) -> None:
        """A body that stops in the middle of a file."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + PART + b"x" * 50_000)
        await self.assert_ended(caller)

    async def test_nothing_at_all(self) -> None:
        """A body that never begins."""
        caller = await self.connected()
        caller.transport.write(head(100))
        await self.assert_ended(caller)

    async def test_byte_by_byte(self) -> None:
        """Small signs of life do not prolong the limit."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + PART)
        await self.assert_dribbling_ends(caller)

    async def test_dribbling_part_header(self) -> None:
        """Nor do they before the first file."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + b"--b\r\nx: ")
        await self.assert_dribbling_ends(caller)

    async def test_connection_ends_with_it(self) -> None:
        """After that answer the connection is of no use: it is closed, whatever is still sent."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + PART)
        await self.assert_ended(caller)
        self.assertIn(b"connection: close", caller.data)
        await caller.ended.addTimeout(4, cast(Any, reactor))

    async def test_client_that_leaves(self) -> None:
        """Nothing is held for a client that has gone in the middle."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + PART + b"x" * 50_000)
        await until(lambda: _holds(self), LIMIT, lambda: "nothing was begun")
        caller.transport.abortConnection()
        await self.assert_nothing_held()

    async def test_client_that_stops_sending(self) -> None:
        """A client that closes its side too early is told nothing, and nothing is held."""
        caller = await self.connected()
        caller.transport.write(head(100_000) + PART + b"x" * 50_000)
        caller.transport.loseWriteConnection()
        await self.assert_nothing_held()

    async def test_absurd_length(self) -> None:
        """It is refused before a byte is stored."""
        caller = await self.connected()
        caller.transport.write(head(10**15) + PART)
        await until(lambda: _told(caller), LIMIT, lambda: caller.data)
        self.assertTrue(caller.data.startswith(b"HTTP/1.1 413 "), caller.data)
        self.assertIn(b"validate-file-size", caller.data)
        self.assertEqual(list(self.scratch.root.iterdir()), [])

    async def test_length_beyond_all_bounds(self) -> None:
        """Nor does a number that no machine can hold do harm."""
        caller = await self.connected()
        caller.transport.write(head(10**30) + PART)
        await until(lambda: _told(caller), LIMIT, lambda: caller.data)
        self.assertIn(caller.data[:13], (b"HTTP/1.1 413 ", b"HTTP/1.1 400 "))

    async def test_chunks_without_end(self) -> None:
        """A chunked body is counted as it comes."""
        caller = await self.connected()
        caller.transport.write(head(None) + b"%x\r\n" % 10**9 + PART)
        for _ in range(200):
            caller.transport.write(b"x" * 65536)
            await pause(0)
        await until(lambda: _told(caller), LIMIT, lambda: caller.data)
        self.assertTrue(caller.data.startswith(b"HTTP/1.1 413 "), caller.data)
        await self.assert_nothing_held()


class LargeUploadTests(SystemTestCase):
    """What an upload costs the daemon."""

    async def test_memory(self) -> None:
        """40 MB pass through it in a few."""
        server = await self.started()
        await self.uploaded(server, still("png"))
        before = memory(server.pid)["VmRSS"]
        Path(f"/proc/{server.pid}/clear_refs").write_text("5")
        reply = await self.upload(server, still("png") + bytes(39 * MEBIBYTE))
        self.assertEqual(reply.status, 201, reply.body)
        grown = (memory(server.pid)["VmHWM"] - before) / MEBIBYTE
        self.assertLess(grown, 16)
        await self.assert_well(server)

    async def test_absurd_lengths(self) -> None:
        """The real server writes nothing for them."""
        server = await self.started()
        answer = await deferToThread(_answer, server.port, head(2**62) + PART)
        self.assertTrue(answer.startswith(b"HTTP/1.1 413 "), answer)
        self.assertEqual(scratch(server), [])

    async def test_too_large(self) -> None:
        """A file beyond the limit is refused as soon as that is known, and leaves nothing."""
        server = await self.started(MEDIA__MAX_FILE_SIZE="1")
        reply = await self.upload(server, still("png") + bytes(3 * MEBIBYTE))
        self.assertEqual((reply.status, reply.code), (413, "validate-file-size"))
        self.assertEqual(reply.json["limit"], MEBIBYTE)
        await self.assert_well(server)


async def _told(caller: Caller) -> bool:
    return b"\r\n\r\n" in caller.data


async def _holds(test: SlowClientTests) -> bool:
    return bool(test.scratch.live)


def _answer(port: int, request: bytes) -> bytes:
    """The first piece of what the server says."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request)
        return connection.recv(65536)
