"""``POST /image/backgrounded``."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs

from pictd.model.records import Queue
from pictd.model.uploads import Upload
from tests.support.exchange import Caller
from tests.support.figures import figure
from tests.support.parts import SETTINGS
from tests.support.server import Reply, ServerTestCase

PATH = "/image/backgrounded"
EVER = 2**63 - 1
NEXT = b"--BB\r\n"


def form_part(name: str, data: bytes, field: str = "images[]") -> bytes:
    """A file of a form."""
    head = f'--BB\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n"


def chunk(data: bytes) -> bytes:
    """A piece of a body; an empty one ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class BackgroundedTestCase(ServerTestCase):
    """Looks at what is queued."""

    async def queue(self, *files: bytes) -> Reply:
        """Upload files."""
        return await self.upload(*files, path=PATH)

    async def post(self, body: bytes) -> Reply:
        """Upload a form that was made by hand."""
        headers = {"content-type": "multipart/form-data; boundary=BB"}
        return await self.ask("POST", PATH, data=body, headers=headers)

    async def uploads(self) -> Sequence[Upload]:
        """All that there are."""
        return await self.repo.uploads.expired(EVER, 100)

    async def raw(self, id: str) -> bytes:
        """The stored bytes of a pending upload."""
        upload = await self.repo.uploads.find(id)
        assert upload is not None and upload.identifier is not None
        blob = await self.store.open(upload.identifier)
        assert blob is not None
        return await blob.stream(0, blob.size).read() if blob.size else b""

    async def is_taken_back(self, files: int) -> bool:
        """No upload is left of these; the raw bytes of each have a job, and nothing else stays."""
        jobs = await self.repo.jobs.length(Queue.CLEANUP)
        strays = await self.store.strays(EVER)
        left = await self.uploads(), list(strays), self.scratch.live
        return (jobs, left) == (files, ([], [], set()))

    async def assert_refused(self, reply: Reply, status: int, code: str, taken_back: int) -> None:
        """With everything that came before."""
        self.assertEqual((reply.status, reply.json["code"]), (status, code))
        self.assertTrue(await self.is_taken_back(taken_back))


class QueueTests(BackgroundedTestCase):
    """What is taken."""

    async def test_several_files(self) -> None:
        """An id for each, in their order; the bytes are kept as they came."""
        reply = await self.queue(b"one", b"two")
        self.assertEqual((reply.status, reply.json["msg"]), (202, "ok"))
        ids = [each["upload_id"] for each in reply.json["uploads"]]
        self.assertEqual([str(UUID(id)) for id in ids], ids)
        self.assertEqual([await self.raw(id) for id in ids], [b"one", b"two"])
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 2)
        self.assertEqual(self.scratch.live, set())

    async def test_an_empty_file(self) -> None:
        """Nothing is inspected yet."""
        reply = await self.queue(b"")
        self.assertEqual(reply.status, 202)
        self.assertEqual(await self.raw(reply.json["uploads"][0]["upload_id"]), b"")

    async def test_limits_wait(self) -> None:
        """Those of the query are looked at later, but what is no limit is told at once."""
        taken = await self.upload(b"x", path=f"{PATH}?max_width=1&resize=nonsense")
        self.assertEqual(taken.status, 202)
        refused = await self.upload(b"x", path=f"{PATH}?max_width=big")
        self.assertEqual((refused.status, refused.json["field"]), (400, "max_width"))
        self.assertEqual(len(await self.uploads()), 1)

    async def test_files_are_counted(self) -> None:
        """Apart from inline ones, and also where they are refused."""
        await self.queue(b"one", b"x" * 100_001)
        registry = self.parts.metrics.registry
        self.assertEqual(figure(registry, "pict_rs_files", upload="background"), 2)

    async def test_wrong_methods(self) -> None:
        """404, as of ``/image``; 405 of claims."""
        self.assertEqual((await self.get(PATH)).status, 404)
        self.assertEqual((await self.ask("POST", f"{PATH}/claim")).status, 405)


class RefusalTests(BackgroundedTestCase):
    """What spoils a whole form."""

    async def test_too_many_files(self) -> None:
        """Those up to the limit are taken back."""
        reply = await self.queue(b"one", b"two", b"three", b"four")
        await self.assert_refused(reply, 400, "file-upload-error", 3)
        self.assertEqual(reply.json["limit"], 3)

    async def test_a_file_that_is_too_large(self) -> None:
        """413, as of an inline upload (contract A6)."""
        reply = await self.queue(b"one", b"x" * 100_001)
        await self.assert_refused(reply, 413, "validate-file-size", 1)
        self.assertEqual(reply.json["limit"], 100_000)

    async def test_forms_of_nothing(self) -> None:
        """Nothing is queued."""
        for body in (b"", b"--BB--\r\n", b"hello"):
            await self.assert_refused(await self.post(body), 400, "file-upload-error", 0)
        reply = await self.ask("POST", PATH, data=b"x")
        await self.assert_refused(reply, 400, "file-upload-error", 0)


class PiecesTests(BackgroundedTestCase):
    """A form of which the first file is queued before the rest arrives."""

    async def begin(self, *headers: bytes) -> Caller:
        """The client, who goes on after the first file."""
        kind = b"Content-Type: multipart/form-data; boundary=BB"
        lines = b"POST /image/backgrounded HTTP/1.1", kind, b"Transfer-Encoding: chunked", *headers
        head = b"".join(line + b"\r\n" for line in lines) + b"\r\n"
        guest = await self.guest(head + chunk(form_part("a", b"one") + NEXT))

        async def is_queued() -> bool:
            return len(await self.uploads()) == 1

        await self.until(is_queued)
        return guest

    async def assert_told(self, guest: Caller, status: int, taken_back: int) -> None:
        """And nothing stays of the files."""

        async def is_told() -> bool:
            return guest.data.startswith(b"HTTP/1.1 %d " % status)

        await self.until(is_told)
        await self.until(lambda: self.is_taken_back(taken_back))

    async def test_what_can_not_follow(self) -> None:
        """Another field, a file without a name, something that is no part."""
        bad = form_part("b", b"two", "images"), form_part("", b"two"), b"--BB\r\nx\r\n\r\n"
        for number, part in enumerate(bad):
            guest = await self.begin()
            guest.transport.write(chunk(part.removeprefix(NEXT)))
            await self.assert_told(guest, 400, number + 1)

    async def test_cut_short(self) -> None:
        """In the second file, and before it."""
        for number, rest in enumerate((form_part("b", b"two").removeprefix(NEXT), b"\r\n")):
            guest = await self.begin()
            guest.transport.write(chunk(rest) + chunk(b""))
            await self.assert_told(guest, 400, number + 1)

    async def test_a_client_that_leaves(self) -> None:
        """In the second file: of that nothing stays either."""
        guest = await self.begin()
        guest.transport.write(chunk(form_part("b", b"two").removeprefix(NEXT)))

        async def is_begun() -> bool:
            return bool(self.scratch.live)

        await self.until(is_begun)
        guest.transport.abortConnection()
        await self.until(lambda: self.is_taken_back(1))

    async def test_a_deadline(self) -> None:
        """408, and the same."""
        moment = round((self.parts.clock.seconds() + 0.5) * 10**9)
        guest = await self.begin(b"X-Request-Deadline: %d" % moment)
        guest.transport.write(chunk(form_part("b", b"two").removeprefix(NEXT)))

        await self.assert_told(guest, 408, 1)


class ReadOnlyTests(BackgroundedTestCase):
    """A server that changes nothing."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    async def test_files(self) -> None:
        """They are refused; bad queries and forms are told as such."""
        await self.assert_refused(await self.queue(b"one"), 400, "read-only", 0)
        await self.assert_refused(await self.post(b"--BB--"), 400, "file-upload-error", 0)
        reply = await self.upload(b"x", path=f"{PATH}?max_width=big")
        await self.assert_refused(reply, 400, "invalid-query", 0)
