"""``GET /image/download``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

import attrs
from twisted.internet.defer import Deferred

from pictd import errors
from pictd.model.formats import Kind
from pictd.model.limits import Bounds
from pictd.model.records import Queue
from pictd.model.uploads import UploadQuery
from tests.support.figures import figure
from tests.support.parts import SETTINGS
from tests.support.server import Reply, ServerTestCase

URL = "http://pictures.example/a.png?b=c&d=e"
PATH = f"/image/download?url={quote(URL, safe='')}"
QUEUED = "&backgrounded=true"


class DownloadTestCase(ServerTestCase):
    """With a server that has a picture."""

    def setUp(self) -> None:
        super().setUp()
        self.remote.pages[URL] = b"their picture"

    async def download(self, more: str = "") -> Reply:
        """Have it downloaded."""
        return await self.get(PATH + more)

    async def is_nothing_left(self) -> bool:
        """No file, no upload, no temporary file, and no stream is open."""
        uploads = await self.repo.uploads.expired(2**63 - 1, 10)
        counts = await self.repo.hashes.count(), len(uploads), len(self.scratch.live)
        strays = await self.store.strays(2**63 - 1)
        return (counts, list(strays), self.open_streams()) == ((0, 0, 0), [], 0)

    def open_streams(self) -> int:
        """Connections, where there was a network."""
        return sum(not stream.closed for stream in self.remote.streams)


class InlineTests(DownloadTestCase):
    """Ingested at once."""

    async def test_a_file(self) -> None:
        """One entry, as of an upload; the URL is used as it was given."""
        reply = await self.download()
        self.assertEqual((reply.status, reply.json["msg"]), (201, "ok"))
        (file,) = reply.json["files"]
        self.assertEqual(set(file), {"file", "delete_token", "details"})
        self.assertEqual((await self.get(f"/image/original/{file['file']}")).body, b"their picture")
        self.assertEqual(self.remote.asked, [URL])
        self.assertEqual((self.scratch.live, self.open_streams()), (set(), 0))

    async def test_each_time_anew(self) -> None:
        """It is no proxy: every request asks, and gives a name."""
        names = {(await self.download()).json["files"][0]["file"] for _ in range(2)}
        self.assertEqual((len(names), self.remote.asked), (2, [URL, URL]))

    async def test_operations_and_limits(self) -> None:
        """Everything but the route's own parameters, in its order."""
        await self.download("&resize=9&max_width=5&allow_video=false&crop=1x1&resize=8")
        operations = (("resize", "9"), ("crop", "1x1"), ("resize", "8"))
        kinds = frozenset({Kind.IMAGE, Kind.ANIMATION})
        expected = UploadQuery(Bounds(width=5), kinds, operations)
        self.assertEqual(self.media.queries, [expected])

    async def test_bad_files(self) -> None:
        """They are told as of an upload."""
        self.media.failure = errors.TooWide(limit=1, actual=2)
        reply = await self.download()
        self.assertEqual((reply.status, reply.json["code"]), (400, "validate-width"))
        self.assertTrue(await self.is_nothing_left())

    async def test_files_are_counted(self) -> None:
        """By what was asked for."""
        for more in ("", QUEUED, QUEUED):
            await self.download(more)
        registry = self.parts.metrics.registry
        counts = [
            figure(registry, "pict_rs_files", download=way) for way in ("inline", "background")
        ]
        self.assertEqual(counts, [1, 2])


class QueuedTests(DownloadTestCase):
    """Ingested later."""

    async def test_a_file(self) -> None:
        """It is downloaded before the answer; the rest waits."""
        reply = await self.download(QUEUED + "&resize=9")
        self.assertEqual((reply.status, reply.json["msg"]), (202, "ok"))
        (told,) = reply.json["uploads"]
        upload = await self.repo.uploads.find(told["upload_id"])
        assert upload is not None and upload.identifier is not None
        self.assertIsNotNone(await self.store.open(upload.identifier))
        self.assertEqual((self.remote.asked, self.media.queries), ([URL], []))
        self.assertEqual(self.scratch.live, set())

    async def test_operations(self) -> None:
        """They are those of the job, without the route's own parameters."""
        await self.download(QUEUED + "&resize=9")
        job = await self.repo.jobs.pop(Queue.PROCESS, "worker", 2**62, 1)
        assert job is not None and isinstance(job.payload, dict)
        self.assertEqual(job.payload["Ingest"]["operations"], [["resize", "9"]])

    async def test_not_queued(self) -> None:
        """When it says so."""
        self.assertEqual((await self.download("&backgrounded=false")).status, 201)


class RefusalTests(DownloadTestCase):
    """What is told instead; nothing stays in any case."""

    async def test_bad_queries(self) -> None:
        """The field is named, and nobody is asked."""
        for query, field in (
            ("", "url"),
            ("url=a&url=b", "url"),
            ("url=http://h/&backgrounded=yes", "backgrounded"),
            ("url=http://h/&max_width=big", "max_width"),
        ):
            reply = await self.get(f"/image/download?{query}")
            self.assertEqual((reply.status, reply.json["field"]), (400, field))
            self.assertEqual(reply.json["code"], "invalid-query")
        self.assertEqual(self.remote.asked, [])

    async def test_troubles_of_the_other_server(self) -> None:
        """They are told, and not remembered: the client asks for it anew."""
        for error, status, code in (
            (errors.UpstreamRefused("bad response 404"), 502, "download-file-error"),
            (errors.UpstreamUnreachable(), 502, "http-client-error"),
            (errors.UpstreamTooSlow(), 504, "http-client-error"),
            (errors.BlockedAddress(), 403, "blocked-address"),
            (errors.UnusableUrl(), 400, "http-client-error"),
            (errors.Overloaded(), 503, "overloaded"),
        ):
            self.remote.pages[URL] = error
            for more in ("", QUEUED):
                reply = await self.download(more)
                self.assertEqual((reply.status, reply.json["code"]), (status, code))
                self.assertEqual(reply.json["msg"], str(error))
        self.assertEqual(len(self.remote.asked), 12)
        self.assertTrue(await self.is_nothing_left())

    async def test_too_large(self) -> None:
        """413 either way (contract A6)."""
        self.remote.pages[URL] = b"x" * 100_001
        for more in ("", QUEUED):
            reply = await self.download(more)
            self.assertEqual((reply.status, reply.json["code"]), (413, "validate-file-size"))
            self.assertEqual(reply.json["limit"], 100_000)
        self.assertTrue(await self.is_nothing_left())

    async def test_a_stream_that_breaks_off(self) -> None:
        """502, and the part that came is gone."""
        self.remote.breaks = errors.UpstreamUnreachable("it broke off")
        for more in ("", QUEUED):
            self.assertEqual((await self.download(more)).status, 502)
            self.assertTrue(await self.is_nothing_left())

    async def test_wrong_method(self) -> None:
        """It is GET alone."""
        reply = await self.ask("POST", PATH)
        self.assertEqual((reply.status, reply.header("allow")), (405, "GET"))


class LeavingTests(DownloadTestCase):
    """Clients that do not wait for the answer."""

    async def leave(self, at: Callable[[], bool], more: str = "") -> None:
        """When the download has come so far."""
        guest = await self.guest(f"GET {PATH}{more} HTTP/1.1\r\n\r\n".encode())

        async def is_there() -> bool:
            return at()

        await self.until(is_there)
        guest.transport.abortConnection()
        await self.until(self.is_left)

    async def is_left(self) -> bool:
        """The server has noticed."""
        return not self.site.channels and await self.is_nothing_left()

    async def test_before_the_other_server_answers(self) -> None:
        """Nothing is begun."""
        self.remote.gate = Deferred()
        await self.leave(lambda: bool(self.remote.asked))
        self.assertTrue(self.remote.gate.called)

    async def test_while_it_sends(self) -> None:
        """Inline or queued."""
        for number, more in enumerate(("", QUEUED), 1):
            self.remote.pause = Deferred()
            await self.leave(partial(self.is_read, number), more)

    def is_read(self, streams: int) -> bool:
        """As many were handed out, and somebody reads the last one."""
        return len(self.remote.streams) == streams and self.remote.streams[-1].reads > 0

    async def test_while_the_file_is_looked_at(self) -> None:
        """The work on it is stopped."""
        self.media.gated = True
        await self.leave(lambda: bool(self.media.waiting))
        self.assertTrue(self.media.waiting[0].called)

    async def test_a_deadline(self) -> None:
        """408 where it passes before the answer; nothing stays."""
        self.remote.pause = Deferred()
        moment = round((self.parts.clock.seconds() + 0.2) * 10**9)
        reply = await self.get(PATH, headers={"x-request-deadline": str(moment)})
        self.assertEqual((reply.status, reply.json["code"]), (408, "request-timeout"))
        self.assertTrue(await self.is_nothing_left())


class ReadOnlyTests(DownloadTestCase):
    """A server that changes nothing."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    async def test_nobody_is_asked(self) -> None:
        """Bad queries are told as such."""
        for more in ("", QUEUED):
            reply = await self.download(more)
            self.assertEqual((reply.status, reply.json["code"]), (400, "read-only"))
        self.assertEqual((await self.download("&max_width=big")).json["code"], "invalid-query")
        self.assertEqual(self.remote.asked, [])
