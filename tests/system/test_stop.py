"""Stopping, failing to start, and going on when the disk is full."""

from __future__ import annotations

import errno
import resource
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol

from tests.support.exchange import Caller
from tests.support.process import ServerProcess
from tests.support.samples import detailed, picture, saved, still
from tests.support.waiting import pause
from tests.system.case import SystemTestCase, rows, scratch
from tests.system.test_slow_clients import END, PART, head

MEBIBYTE = 1024 * 1024


class StopTests(SystemTestCase):
    """SIGTERM."""

    async def test_upload_under_way(self) -> None:
        """It is accepted to its end, while new connections are refused; the status is 0."""
        server = await self.started()
        body = PART + still("png") + bytes(10_000) + END
        caller = await self._connected(server)
        caller.transport.write(head(len(body)) + body[:-500])
        await self.until(lambda: bool(scratch(server)), server.log)
        server.tell_to_stop()
        await self.until(lambda: refused(server), server.log)
        caller.transport.write(body[-500:])
        answer = await caller.ended
        self.assertTrue(answer.startswith(b"HTTP/1.1 201 "), answer)
        self.assertEqual(await server.ended(), 0, server.log())
        self._assert_nothing_left(server)

    async def test_variant_under_way(self) -> None:
        """It is made, and sent."""
        server = await self.started()
        alias = await self.uploaded(server, saved(detailed(2000, 1500), "jpeg"))
        path = f"/image/process.avif?src={alias}&blur=10"
        job = Deferred.fromCoroutine(self.get(server, path))
        await self.until(lambda: len(server.children()) > 1, server.log)
        server.tell_to_stop()
        reply = await job
        self.assertEqual((reply.status, reply.header("content-type")), (200, "image/avif"))
        self.assertEqual(await server.ended(), 0, server.log())
        self._assert_nothing_left(server)

    async def test_slow_download_under_way(self) -> None:
        """Every byte of it arrives."""
        server = await self.started()
        data = saved(picture(2400, 1800), "png", compress_level=0)
        self.assertGreater(len(data), 10 * MEBIBYTE)
        alias = await self.uploaded(server, data)
        caller = await self._connected(server, receive_buffer=65536)
        request = f"GET /image/original/{alias} HTTP/1.1\r\nhost: p\r\n\r\n"
        caller.transport.write(request.encode())
        await self.until(lambda: bool(caller.data), server.log)
        caller.transport.pauseProducing()
        server.tell_to_stop()
        await self.until(lambda: refused(server), server.log)
        await self._read_slowly(caller)
        answer = await caller.ended
        _, _, body = answer.partition(b"\r\n\r\n")
        self.assertEqual(len(body), len(data))
        self.assertEqual(await server.ended(), 0, server.log())

    async def test_idle_connection(self) -> None:
        """It holds nothing up."""
        server = await self.started()
        caller = await self._connected(server)
        caller.transport.write(b"GET /livez HTTP/1.1\r\nhost: p\r\n\r\n")
        await self.until(lambda: bool(caller.data), server.log)
        began = cast(Any, reactor).seconds()
        self.assertEqual(await server.stop(), 0, server.log())
        self.assertLess(cast(Any, reactor).seconds() - began, 4)
        await caller.ended
        self._assert_nothing_left(server)

    async def test_client_that_never_ends(self) -> None:
        """A stop waits for no client for longer than the time that running requests get."""
        server = await self.started()
        caller = await self._connected(server)
        caller.transport.write(head(10_000) + PART)
        await self.until(lambda: bool(scratch(server)), server.log)
        self.assertEqual(await server.stop(), 0, server.log())
        await caller.ended
        self._assert_nothing_left(server)

    async def _connected(self, server: ServerProcess, receive_buffer: int = 0) -> Caller:
        endpoint = TCP4ClientEndpoint(cast(Any, reactor), "127.0.0.1", server.port)
        caller: Caller = await connectProtocol(endpoint, Caller())
        if receive_buffer:
            caller.transport.getHandle().setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer
            )
        self.addCleanup(caller.transport.abortConnection)
        return caller

    async def _read_slowly(self, caller: Caller) -> None:
        while not caller.ended.called:
            caller.transport.pauseProducing()
            await pause(0.01)
            caller.transport.resumeProducing()
            await pause(0)

    def _assert_nothing_left(self, server: ServerProcess) -> None:
        """No process, no file: the temporary directory is as before."""
        self.assertEqual(list(server.temporary.iterdir()), [])
        self.assertEqual([*Path("/proc").glob(f"{server.pid}")], [])
        self.assertNotIn("Traceback", server.log())


class StartTests(SystemTestCase):
    """What keeps it from starting is told in words, with the key, and status 1."""

    async def assert_fails(self, server: ServerProcess, *words: str) -> None:
        """It ends by itself, and says this."""
        server.start()
        self.assertEqual(await server.ended(), 1, server.log())
        for word in words:
            self.assertIn(word, server.log())
        self.assertNotIn("Traceback", server.log())
        self.assertEqual([*server.temporary.glob("pictd/*")], [])

    async def test_newer_database(self) -> None:
        """It is left as it is."""
        server = self.server()
        server.folder.mkdir(parents=True)
        with closing(sqlite3.connect(server.database)) as connection:
            connection.execute("PRAGMA user_version = 9999")
        await self.assert_fails(server, "database", "9999", "newer pictd")
        self.assertEqual(rows(server, "PRAGMA user_version"), [(9999,)])
        self.assertEqual(rows(server, "SELECT * FROM sqlite_schema"), [])

    async def test_database_that_is_away(self) -> None:
        """The server stays up, says so, and heals when it comes (contract E1)."""
        server = self.server()
        volume = server.folder / "volume"
        server.folder.mkdir(parents=True)
        server.database.symlink_to(volume / "pictd.sqlite3")
        server.start()
        await self.until(lambda: "will be tried again" in server.log(), server.log)
        reply = await self.get(server, "/image/original/x.png")
        self.assertEqual((reply.status, reply.header("retry-after")), (503, "5"))
        self.assertEqual((await self.get(server, "/livez")).status, 204)
        ready = await self.get(server, "/readyz")
        self.assertIn("database", ready.json["missing"])
        volume.mkdir()
        await server.ready()
        self.assertEqual((await self.get(server, "/image/original/x.png")).status, 404)
        self.assertEqual(await server.stop(), 0, server.log())

    async def test_corrupt_database(self) -> None:
        """What is no database is not overwritten."""
        server = self.server()
        server.folder.mkdir(parents=True)
        server.database.write_bytes(b"this is no database at all " * 500)
        await self.assert_fails(server, "database", str(server.database))
        self.assertTrue(server.database.read_bytes().startswith(b"this is no database"))

    async def test_database_in_no_folder(self) -> None:
        """A path that leads through a file."""
        server = self.server(REPO__PATH="/etc/hostname/pictd.sqlite3")
        await self.assert_fails(server, "database", "/etc/hostname/pictd.sqlite3")

    async def test_port_in_use(self) -> None:
        """The address is named."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            server = self.server()
            server.port = other.getsockname()[1]
            await self.assert_fails(server, "server.address", str(server.port), "in use")

    async def test_temporary_directory_that_is_a_file(self) -> None:
        """So is the directory."""
        server = self.server()
        server.folder.mkdir(parents=True)
        server.temporary.write_text("a file")
        server.start()
        self.assertEqual(await server.ended(), 1)
        self.assertIn("server.temporary_directory", server.log())
        self.assertNotIn("Traceback", server.log())

    async def test_store_that_is_a_file(self) -> None:
        """A store may come back: the server starts, tells that it is away, and heals."""
        server = self.server()
        server.folder.mkdir(parents=True)
        server.files.write_text("a file")
        server.start()
        await self.until(lambda: not refused(server), server.log)
        await self.until(lambda: "children are ready" in server.log(), server.log)
        ready = await self.get(server, "/readyz")
        self.assertEqual((ready.status, ready.json["missing"]), (503, ["store"]))
        reply = await self.upload(server, still("png"))
        self.assertEqual((reply.status, reply.code), (503, "file-io-error"))
        server.files.unlink()
        await self.uploaded(server, still("png"))
        await self.assert_well(server)


class FullDiskTests(SystemTestCase):
    """Files can't grow any more, as on a full disk; later they can again."""

    async def test_full_disk(self) -> None:
        """An upload is 503 with a code and leaves nothing; everything else goes on."""
        server = await self.started()
        alias = await self.uploaded(server, still("png"))
        large = saved(detailed(1200, 900), "png")
        whole = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (300_000, whole[1]))
        reply = await self.upload(server, large)
        self.assertEqual((reply.status, reply.code), (503, "file-io-error"), reply.body)
        self.assertEqual(reply.header("retry-after"), "5")
        self.assertEqual((await self.get(server, f"/image/original/{alias}")).status, 200)
        self.assertEqual(scratch(server), [])
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, whole)
        await self.uploaded(server, large)
        await self.assert_well(server)

    async def test_full_database(self) -> None:
        """The same where it is the database that can't grow: nothing is stored without it."""
        server = await self.started()
        await self.uploaded(server, still("png"))
        whole = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        grown = Path(f"{server.database}-wal").stat().st_size
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (grown, whole[1]))
        reply = await self.upload(server, still("jpeg", 30, 20, seed=2))
        self.assertEqual((reply.status, reply.code), (503, "repo-error"), reply.body)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, whole)
        await self.uploaded(server, still("jpeg", 30, 20, seed=2))
        await self.assert_well(server)


def refused(server: ServerProcess) -> bool:
    """Whether it takes no new connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", server.port)) == errno.ECONNREFUSED
