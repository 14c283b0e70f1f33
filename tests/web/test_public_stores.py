"""A store whose bytes clients fetch themselves (spec http-api §2.16)."""

from __future__ import annotations

from pictd.model.alias import Alias
from pictd.store.memory import MemoryStore
from tests.support.server import ServerTestCase


class PublicStore(MemoryStore):
    """With a URL for everything."""

    def public_url(self, identifier: str) -> str | None:
        """See ``IStore``."""
        return f"https://cdn.example/{identifier}"


class PublicStoreTests(ServerTestCase):
    """Redirects."""

    new_store = PublicStore

    async def test_originals_and_variants(self) -> None:
        """GET and HEAD of both, with a range or a condition as well: 303, and nothing else."""
        alias = (await self.ingested())["file"]
        paths = (f"/image/original/{alias}", f"/image/process.webp?src={alias}&resize=2")
        await self.get(paths[1])
        for path in paths:
            for method in ("GET", "HEAD"):
                for headers in ({}, {"range": "bytes=0-1"}, {"if-none-match": "*"}):
                    reply = await self.ask(method, path, headers=headers)
                    self.assertEqual((reply.status, reply.body), (303, b""))
                    self.assertIsNone(reply.header("cache-control"))
                    self.assertIsNone(reply.header("etag"))

    async def test_where_to(self) -> None:
        """To the identifier of the original."""
        alias = (await self.ingested())["file"]
        reply = await self.get(f"/image/original/{alias}")
        original = await self.repo.aliases.find(Alias.parse(alias))
        assert original is not None
        expected = f"https://cdn.example/{original.record.identifier}"
        self.assertEqual(reply.header("location"), expected)

    async def test_what_is_not_there(self) -> None:
        """Is not redirected."""
        self.assertEqual((await self.get("/image/original/none.png")).status, 404)
