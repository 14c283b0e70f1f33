"""Requests at the same time: no alias is lost, no bytes are left, no file is half served."""

from __future__ import annotations

import io
from collections.abc import Coroutine, Sequence
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from tests.support.process import ServerProcess
from tests.support.samples import detailed, opened, saved, still
from tests.system.case import KEY, Reply, SystemTestCase, blobs, rows

CROWD = 8
"""Requests at the same time."""


class RacesTestCase(SystemTestCase):
    """One server, and many clients."""

    async def together(self, *work: Coroutine[Any, Any, Reply]) -> Sequence[Reply]:
        """All replies, in the order of the requests."""
        replies: list[Reply] = await gatherResults([Deferred.fromCoroutine(each) for each in work])
        return replies

    async def delete(self, server: ServerProcess, upload: Reply) -> Reply:
        """By the token that an upload was answered."""
        token, alias = upload.entry["delete_token"], upload.entry["file"]
        return await self.ask(server, "DELETE", f"/image/delete/{token}/{alias}")

    async def purge(self, server: ServerProcess, upload: Reply) -> Reply:
        """By the alias that an upload was answered."""
        path = f"/internal/purge?alias={upload.entry['file']}"
        return await self.ask(server, "POST", path, headers=KEY)

    async def original(self, server: ServerProcess, alias: str) -> Reply:
        """What an alias shows."""
        return await self.get(server, f"/image/original/{alias}")

    async def assert_shows(
        self, server: ServerProcess, uploads: Sequence[Reply], data: bytes
    ) -> None:
        """Every upload was taken, and is there, whole."""
        for upload in uploads:
            self.assertEqual(upload.status, 201, upload.body)
            shown = await self.original(server, upload.entry["file"])
            self.assertEqual((shown.status, shown.body == data), (200, True))

    async def assert_empty(self, server: ServerProcess) -> None:
        """Nothing is stored any more, and nobody works."""
        await self.until(lambda: not rows(server, "SELECT * FROM jobs"), server.log)
        await self.assert_well(server)
        self.assertEqual(blobs(server), set())
        self.assertEqual(rows(server, "SELECT * FROM details"), [])


class UploadRacesTests(RacesTestCase):
    """The same content, from several sides."""

    async def test_identical_uploads(self) -> None:
        """Each gets a name of its own; the bytes are stored once."""
        server, data = await self.started(), still("png")
        uploads = await self.together(*(self.upload(server, data) for _ in range(CROWD)))
        await self.assert_shows(server, uploads, data)
        self.assertEqual(len({upload.entry["file"] for upload in uploads}), CROWD)
        self.assertEqual(len(blobs(server)), 1)
        await self.together(*(self.delete(server, upload) for upload in uploads))
        await self.assert_empty(server)

    async def test_uploads_and_deletes(self) -> None:
        """Whoever uploads what another deletes keeps it."""
        server, data = await self.started(), still("png")
        (last,) = await self.together(self.upload(server, data))
        for _ in range(CROWD):
            deleted, *uploads = await self.together(
                self.delete(server, last), *(self.upload(server, data) for _ in range(3))
            )
            self.assertEqual(deleted.status, 204)
            await self.assert_shows(server, uploads, data)
            last, *others = uploads
            await self.together(*(self.delete(server, other) for other in others))
        await self.delete(server, last)
        await self.assert_empty(server)

    async def test_uploads_and_purges(self) -> None:
        """An upload comes before a purge, which then tells of it, or after it, and stays."""
        server, data = await self.started(), still("png")
        for _ in range(CROWD):
            first = await self.upload(server, data)
            purged, *uploads = await self.together(
                self.purge(server, first), *(self.upload(server, data) for _ in range(3))
            )
            self.assertIn(first.entry["file"], purged.json["aliases"])
            stayed = [each for each in uploads if each.entry["file"] not in purged.json["aliases"]]
            await self.assert_shows(server, stayed, data)
            for each in stayed[:1]:
                await self.purge(server, each)
        await self.assert_empty(server)

    async def test_claims(self) -> None:
        """One of those who claim at the same time is told the result."""
        server, data = await self.started(), still("png")
        form: Any = [("images[]", ("upload", "image/png", io.BytesIO(data)))]
        queued = await self.ask(server, "POST", "/image/backgrounded", files=form)
        (upload,) = queued.json["uploads"]
        path = f"/image/backgrounded/claim?upload_id={upload['upload_id']}"
        claims = await self.together(*(self.get(server, path) for _ in range(CROWD)))
        self.assertEqual(sorted(claim.status for claim in claims), [200] + [400] * (CROWD - 1))
        (told,) = (claim for claim in claims if claim.status == 200)
        shown = await self.original(server, told.entry["file"])
        self.assertEqual((shown.status, shown.body == data), (200, True))


class RemovalRacesTests(RacesTestCase):
    """Files that go while somebody looks."""

    async def test_deletes_and_variants(self) -> None:
        """A variant is shown whole, or is not there; nobody is told of a fault of ours."""
        server, data = await self.started(), saved(detailed(700, 500), "jpeg")
        for size in range(20, 20 + CROWD):
            upload = await self.upload(server, data)
            query = f"/image/process.webp?src={upload.entry['file']}&resize="
            deleted, *shown = await self.together(
                self.delete(server, upload),
                *(self.get(server, f"{query}{size + n}") for n in range(4)),
            )
            self.assertEqual(deleted.status, 204)
            self.assertEqual({reply.status for reply in shown} - {200, 404}, set())
            for reply in shown:
                if reply.status == 200:
                    opened(reply.body).load()
        await self.assert_empty(server)

    async def test_variants_of_what_comes_and_goes(self) -> None:
        """One that is under way when its original goes is no obstacle when the same content comes
        again."""
        server, data = await self.started(), saved(detailed(700, 500), "jpeg")
        for _ in range(CROWD):
            first = await self.upload(server, data)
            path = f"/image/process.webp?resize=50&src={first.entry['file']}"
            _, _, again = await self.together(
                self.get(server, path), self.delete(server, first), self.upload(server, data)
            )
            path = f"/image/process.webp?resize=50&src={again.entry['file']}"
            shown = await self.get(server, path)
            self.assertEqual(shown.status, 200, shown.body)
            await self.delete(server, again)
        await self.assert_empty(server)

    async def test_purges_and_readers(self) -> None:
        """Who has begun to read gets the whole file."""
        server, data = await self.started(), saved(detailed(2000, 1500), "png")
        for _ in range(3):
            upload = await self.upload(server, data)
            alias = upload.entry["file"]
            *shown, purged = await self.together(
                *(self.original(server, alias) for _ in range(CROWD)), self.purge(server, upload)
            )
            self.assertEqual(purged.json["aliases"], [alias])
            whole = [reply.body == data for reply in shown if reply.status == 200]
            self.assertEqual({reply.status for reply in shown} - {200, 404}, set())
            self.assertTrue(all(whole))
        await self.assert_empty(server)
