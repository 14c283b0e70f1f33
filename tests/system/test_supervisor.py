"""What the operator sees of a server of several workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import ssl
import sys
from contextlib import closing
from pathlib import Path

from twisted.internet.threads import deferToThread

from tests.support.certificates import issued
from tests.support.samples import still
from tests.system.workforce_case import WorkforceTestCase, command, exists, workers

SECRET = "the-operators-key"
TWISTD = "from twisted.scripts.twistd import run; run()"


class StartTests(WorkforceTestCase):
    """What keeps it from starting is told once, with status 1."""

    async def test_newer_database(self) -> None:
        """No second worker is tried, and no first one again."""
        server = self.workforce()
        server.folder.mkdir(parents=True)
        with closing(sqlite3.connect(server.database)) as connection:
            connection.execute("PRAGMA user_version = 9999")
        server.start()
        self.assertEqual(await server.ended(), 1, server.log())
        self.assertEqual(server.log().count("9999, made by a newer pictd"), 1, server.log())
        self.assertEqual(server.log().count("is process"), 1, server.log())
        self.assertNotIn("Traceback", server.log())
        self.assertEqual(list(server.temporary.iterdir()), [])

    async def test_address_in_use(self) -> None:
        """It is known before there is a worker."""
        server = self.workforce()
        with socket.socket() as other:
            other.bind(("127.0.0.1", server.port))
            other.listen()
            server.start()
            self.assertEqual(await server.ended(), 1)
        self.assertEqual(server.log().count("Address already in use"), 1, server.log())
        self.assertEqual(server.log().count("\n"), 1, server.log())

    async def test_database_that_is_away(self) -> None:
        """All workers wait for it, and serve when it comes."""
        server = self.workforce()
        volume = server.folder / "volume"
        server.folder.mkdir(parents=True)
        server.database.symlink_to(volume / "pictd.sqlite3")
        server.start()
        await self.until(lambda: server.log().count("will be tried again") >= 2, server.log)
        self.assertEqual((await self.figures())["pictd_workers"].samples[0].value, 0)
        self.assertEqual((await self.get(server, "/livez")).status, 204)
        volume.mkdir()
        await self.all_serve(server)
        await self.uploaded(server, still("png"))


class SightTests(WorkforceTestCase):
    """Logs, figures, and what other users of the machine see."""

    async def test_json_log(self) -> None:
        """Each line is JSON; those of workers tell whose they are."""
        server = await self.at_work(
            TRACING__LOGGING__FORMAT="json", TRACING__LOGGING__LOG_REQUESTS="true"
        )
        await self.uploaded(server, still("png"))
        self.assertEqual(await server.stop(), 0)
        lines = [json.loads(line)["fields"] for line in server.log().splitlines()]
        self.assertEqual({each.get("worker") for each in lines}, {None, 1, 2})
        (upload,) = [each for each in lines if each.get("method") == "POST"]
        self.assertEqual(upload["status"], 201)
        self.assertIn(upload["worker"], (1, 2))

    async def test_other_formats(self) -> None:
        """A worker's line is as it would be without workers; what is not asked for is not there."""
        for format, line in (
            ("normal", " WARN pictd.web.request_log: client error: GET /no 404, "),
            ("compact", " WARN client error: GET /no 404, "),
            ("pretty", " WARN pictd.web.request_log\n    client error: GET /no 404, "),
        ):
            server = await self.at_work(
                TRACING__LOGGING__FORMAT=format, TRACING__LOGGING__TARGETS="warn"
            )
            self.assertEqual((await self.get(server, "/no")).status, 404)
            self.assertEqual(await server.stop(), 0)
            self.assertEqual(server.log().count(line), 1, server.log())
            self.assertNotIn("INFO", server.log())

    async def test_figures(self) -> None:
        """Of each worker by its number; of the database once. One that hangs is left out, and the
        others serve."""
        server = await self.at_work()
        found = await self.figures()
        started = found["process_start_time_seconds"].samples
        self.assertEqual({each.labels["worker"] for each in started}, {"1", "2"})
        lengths = found["pictd_queue_length"].samples
        self.assertEqual(sorted(each.labels["queue"] for each in lengths), ["cleanup", "process"])
        hanging = workers(server)[0]
        os.kill(hanging, signal.SIGSTOP)
        found = await self.figures()
        self.assertEqual(len(found["process_start_time_seconds"].samples), 1)
        await self.uploaded(server, still("png"))
        os.kill(hanging, signal.SIGCONT)
        await self.all_serve(server)
        self.assertEqual(len((await self.figures())["process_start_time_seconds"].samples), 2)

    async def test_secrets(self) -> None:
        """They are on no command line, in no worker's environment, and in no file."""
        server = await self.at_work(SERVER__API_KEY=SECRET)
        found = workers(server)
        self.assertEqual(len(found), 2)
        for each in (*server.children(), server.pid):
            self.assertNotIn(SECRET.encode(), command(each))
        for each in found:
            self.assertNotIn(SECRET.encode(), Path(f"/proc/{each}/environ").read_bytes())
        for path in server.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(SECRET.encode(), path.read_bytes(), path)
        headers = {"x-api-token": SECRET}
        reply = await self.get(server, "/internal/hashes", headers=headers)
        self.assertEqual(reply.status, 200)

    async def test_tls(self) -> None:
        """Every worker speaks it."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        issued("127.0.0.1").write(folder)
        server = self.workforce(
            SERVER__CERTIFICATE=str(folder / "cert.pem"),
            SERVER__PRIVATE_KEY=str(folder / "key.pem"),
        )
        server.start()
        await self.all_serve(server)
        for _ in range(5):
            answer = await deferToThread(_asked_securely, server.port)
            self.assertTrue(answer.startswith(b"HTTP/1.1 204 "), answer)


class DaemonTests(WorkforceTestCase):
    """In the background."""

    async def test_daemon(self) -> None:
        """Its pid is in the pid file, which goes when it ends; its log is where twistd was told."""
        server = self.workforce()
        server.folder.mkdir(parents=True)
        options = ["--pidfile=d.pid", "--logfile=d.log", "pictd", "run"]
        server.start([sys.executable, "-c", TWISTD, *options])
        self.assertEqual(await server.ended(), 0, server.log())
        pid = int((server.folder / "d.pid").read_text())
        self.addCleanup(_kill, pid)
        await self.all_serve(server)
        os.kill(pid, signal.SIGTERM)
        await self.until(lambda: not exists(pid), server.log)
        self.assertFalse((server.folder / "d.pid").exists())
        log = (server.folder / "d.log").read_text()
        self.assertEqual(log.count("Imaging children are ready"), 2, log)


def _asked_securely(port: int) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(b"GET /livez HTTP/1.1\r\nhost: p\r\n\r\n")
        return secure.recv(4096)


def _kill(process: int) -> None:
    if exists(process):
        os.kill(process, signal.SIGKILL)
