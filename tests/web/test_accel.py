"""Files that nginx sends (contract D8)."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import Clock

from pictd.interfaces.stores import IStore
from pictd.model.alias import Alias
from pictd.store.memory import MemoryStore
from pictd.web.accel import Accel
from tests.contracts.store import NEW
from tests.support.server import ServerTestCase

PLACE = "x-accel-redirect"
KEPT = ("content-type", "cache-control", "etag", "last-modified", "content-security-policy")


class AccelTests(ServerTestCase):
    """With all bytes in the folder."""

    accel_prefix = "/stored"

    async def paths(self) -> tuple[str, str]:
        """Of an original and a variant."""
        alias = (await self.ingested())["file"]
        return f"/image/original/{alias}", f"/image/process.webp?src={alias}&resize=2"

    async def test_originals_and_variants(self) -> None:
        """200 with the place of the file and all other headers, but no bytes; ranges are nginx's.
        HEAD likewise."""
        for path in await self.paths():
            for method in ("GET", "HEAD"):
                for headers in ({}, {"range": "bytes=0-1"}):
                    reply = await self.ask(method, path, headers=headers)
                    self.assertEqual((reply.status, reply.body), (200, b""))
                    self.assertRegex(reply.header(PLACE) or "", "^/stored/([0-9a-f]{2}/){10}")
                    self.assertNotIn(None, [reply.header(name) for name in KEPT])

    async def test_no_length(self) -> None:
        """Is told, which would be that of nothing."""
        path, _ = await self.paths()
        for method in ("GET", "HEAD"):
            head = f"{method} {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
            answer = await (await self.guest(head.encode())).ended
            self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
            self.assertNotIn(b"content-length", answer.lower())

    async def test_the_identifier(self) -> None:
        """Is what the place names."""
        path, _ = await self.paths()
        original = await self.repo.aliases.find(Alias.parse(path.rpartition("/")[2]))
        assert original is not None
        place = f"/stored/{original.record.identifier}"
        self.assertEqual((await self.get(path)).header(PLACE), place)

    async def test_not_modified(self) -> None:
        """Is answered here."""
        path, _ = await self.paths()
        etag = (await self.get(path)).header("etag") or ""
        reply = await self.get(path, headers={"if-none-match": etag})
        self.assertEqual((reply.status, reply.header(PLACE)), (304, None))

    async def test_the_404_picture(self) -> None:
        """Is sent with its 404, which nginx would not do."""
        alias = (await self.ingested())["file"]
        body = {"alias": alias}
        await self.ask("POST", "/internal/set_not_found", json=body, key=True)
        reply = await self.get("/image/original/none.png")
        self.assertEqual((reply.status, reply.header(PLACE)), (404, None))
        self.assertEqual(reply.body, b"picture")

    async def test_lost_bytes(self) -> None:
        """Are told as ever."""
        path, _ = await self.paths()
        original = await self.repo.aliases.find(Alias.parse(path.rpartition("/")[2]))
        assert original is not None
        await self.store.remove(original.record.identifier)
        reply = await self.get(path)
        self.assertEqual((reply.status, reply.header(PLACE)), (500, None))

    async def test_unusual_identifiers(self) -> None:
        """Are percent-encoded."""
        source = Path(self.mktemp())
        source.write_bytes(b"")
        await self.store.put("a cat_ä?%.JPG", source, "image/jpeg")
        place = await Accel("/stored", self.store).place("a cat_ä?%.JPG")
        self.assertEqual(place, b"/stored/a%20cat_%C3%A4%3F%25.JPG")
        self.assertIsNone(await Accel("/stored", self.store).place(NEW))


class ElsewhereTests(ServerTestCase):
    """With the bytes in an old store."""

    accel_prefix = "/stored"

    def accelerated(self) -> IStore:
        """One that has nothing yet."""
        return MemoryStore(Clock())

    async def test_sends_them_itself(self) -> None:
        """For nginx would not find them."""
        alias = (await self.ingested())["file"]
        reply = await self.get(f"/image/original/{alias}")
        self.assertEqual((reply.body, reply.header(PLACE)), (b"picture", None))
