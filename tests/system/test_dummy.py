"""``server.danger_dummy_mode``: a server for tests of other programs (contract A19)."""

from __future__ import annotations

from tests.support.process import ServerProcess
from tests.system.case import KEY, SystemTestCase, scratch

JUNK = b"this is no picture, and nobody looks"
FACTS = {"width": 0, "height": 0, "content_type": "image/png"}


class DummyTests(SystemTestCase):
    """Whatever comes is kept as it is."""

    async def dummy(self, **more: str) -> ServerProcess:
        """A server that looks at nothing."""
        return await self.started(SERVER__DANGER_DUMMY_MODE="true", **more)

    async def test_an_upload(self) -> None:
        """Junk, and nothing at all: called a PNG of no size, and given back to the byte."""
        server = await self.dummy()
        for data in (JUNK, b""):
            reply = await self.upload(server, data, "?max_width=1&resize=nonsense")
            self.assertEqual(reply.status, 201, reply.body)
            entry = reply.entry
            self.assertTrue(entry["file"].endswith(".png"))
            self.assertEqual(FACTS.items() - entry["details"].items(), set())
            shown = await self.get(server, f"/image/original/{entry['file']}")
            self.assertEqual((shown.status, shown.body), (200, data))
            self.assertEqual(shown.header("content-type"), "image/png")
        self.assertEqual(server.children(), [])
        self.assertEqual(scratch(server), [])

    async def test_variants(self) -> None:
        """They are the original, at once, whatever is asked for; and there from then on."""
        server = await self.dummy()
        alias = await self.uploaded(server, JUNK)
        query = f".webp?src={alias}&resize=20&blur=3"
        reply = await self.get(server, "/image/process" + query)
        self.assertEqual((reply.status, reply.body), (200, JUNK))
        self.assertEqual(reply.header("content-type"), "image/png")
        details = await self.get(server, "/image/details/process" + query)
        self.assertEqual(FACTS.items() - details.json.items(), set())
        queued = await self.get(server, f"/image/process_backgrounded.jpg?src={alias}")
        self.assertEqual(queued.status, 202)

    async def test_facts(self) -> None:
        """Details, and a blurhash that is the same for all."""
        server = await self.dummy()
        alias = await self.uploaded(server, JUNK)
        details = await self.get(server, f"/image/details/original/{alias}")
        self.assertEqual(FACTS.items() - details.json.items(), set())
        reply = await self.get(server, f"/image/blurhash?alias={alias}")
        self.assertEqual((reply.status, reply.json["msg"]), (200, "ok"))
        self.assertTrue(reply.json["blurhash"])

    async def test_queued(self) -> None:
        """Uploads that are queued are worked on as well."""
        server = await self.dummy()
        part = ("a.gif", "image/gif", JUNK)
        reply = await self.ask(server, "POST", "/image/backgrounded", files=[("images[]", part)])
        (told,) = reply.json["uploads"]
        claim = f"/image/backgrounded/claim?upload_id={told['upload_id']}"
        claimed = await self.get(server, claim)
        self.assertEqual(claimed.status, 200, claimed.body)
        shown = await self.get(server, f"/image/original/{claimed.entry['file']}")
        self.assertEqual(shown.body, JUNK)
        self.assertEqual((await self.get(server, claim)).code, "already-claimed")

    async def test_the_size_of_files(self) -> None:
        """It is limited all the same."""
        server = await self.dummy(MEDIA__MAX_FILE_SIZE="1")
        reply = await self.upload(server, bytes(2**20 + 1))
        self.assertEqual((reply.status, reply.code), (413, "validate-file-size"))
        listed = await self.get(server, "/internal/hashes", headers=KEY)
        self.assertEqual(listed.json["page"]["hashes"], [])
