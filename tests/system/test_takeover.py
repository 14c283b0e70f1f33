"""pict-rs's own database, taken over by the first start, through the HTTP interface."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from tests.support.postgres import SHARED
from tests.support.process import ServerProcess
from tests.support.takeover import expected
from tests.system.succession import SuccessionTestCase


class TakeoverTests(SuccessionTestCase):
    """Everything that clients knew is as it was."""

    async def test_on_the_embedded_database(self) -> None:
        """With pict-rs's own configuration file; pict-rs's files stay as they were."""
        for name in ("clean", "splits"):
            server = self.successor(name)
            before = server.legacy()
            server.begin()
            await server.ready()
            await self.assert_as_before(server, expected(name))
            self.assertEqual(await server.stop(), 0)
            self.assertEqual(server.legacy(), before)
            self.assertIn("all of it was found again", server.log())

    async def test_on_postgres(self) -> None:
        """By ``migrate-repo``, beside which pict-rs's files stay as they were."""
        for name in ("clean", "splits"):
            url = SHARED.cluster.url(SHARED.cluster.create())
            server = self.successor(name, REPO__TYPE="postgres", REPO__URL=url)
            before = server.legacy()
            words = ("migrate-repo", "sled", "-p", str(server.sled), "postgres", "-u", url)
            out, err, status = await self.command(server, *words)
            self.assertEqual(status, 0, err)
            self.assertIn(f"carried {expected(name)['hash_count']} originals", out)
            self.assertEqual((server.legacy(), server.made()), (before, []))
            server.begin()
            await server.ready()
            await self.assert_as_before(server, expected(name))
            self.assertEqual(await server.stop(), 0)

    async def test_killed_at_work(self) -> None:
        """Uploads that waited are ingested, and claimed by the ids that clients have."""
        server, known = self.successor("killed"), expected("killed")
        server.begin()
        await server.ready()
        for entry in known["hashes_newest_first"]:
            await self.assert_original(server, entry)
        for upload in known["uploads"]:
            if upload["result"] is not None:
                await self.assert_claim(server, upload)
                continue
            reply = await self.claim(server, upload["id"])
            self.assertEqual(reply["msg"], "ok", upload)
            alias = reply["files"][0]["file"]
            self.assertEqual(
                (await self.get(server, f"/image/original/{quoted(alias)}")).status, 200
            )

    async def test_a_second_start(self) -> None:
        """Goes on with pictd's own database: what was deleted stays so."""
        server, known = self.successor("clean"), expected("clean")
        server.begin()
        await server.ready()
        (name, *_) = known["hashes_newest_first"][0]["aliases"]
        path = f"/image/delete/{name['token']}/{quoted(name['alias'])}"
        self.assertEqual((await self.ask(server, "DELETE", path)).status, 204)
        self.assertEqual(await server.stop(), 0)
        server.begin()
        await server.ready()
        self.assertEqual(
            (await self.get(server, f"/image/original/{quoted(name['alias'])}")).status, 404
        )

    async def assert_as_before(self, server: ServerProcess, known: dict[str, Any]) -> None:
        """All that ``known`` says, deletion last."""
        await self.assert_listing(server, known["hashes_newest_first"])
        for entry in known["hashes_newest_first"]:
            await self.assert_original(server, entry)
            await self.assert_variants(server, entry)
        for proxy in known["proxies"]:
            await self.assert_proxy(server, proxy)
        await self.assert_unknown(server, known)
        for upload in known["uploads"]:
            await self.assert_claim(server, upload)
        for entry in known["hashes_newest_first"]:
            await self.assert_deletable(server, entry)
        await self.assert_listing(server, [])

    async def assert_listing(self, server: ServerProcess, entries: list[dict[str, Any]]) -> None:
        """The newest first, with all aliases."""
        page = (await self.asked(server, "/internal/hashes", limit="1000"))["page"]
        found = [(each["hex"], sorted(each["aliases"])) for each in page["hashes"]]
        names = [sorted(each["alias"] for each in entry["aliases"]) for entry in entries]
        hexes = (entry["hex"] for entry in entries)
        self.assertEqual(found, list(zip(hexes, names, strict=True)))

    async def assert_original(self, server: ServerProcess, entry: dict[str, Any]) -> None:
        """Its bytes, details and identifier, under every alias."""
        details = entry["details"] | {"format": next(iter(entry["format"]))}
        for alias in (each["alias"] for each in entry["aliases"]):
            reply = await self.get(server, f"/image/original/{quoted(alias)}")
            self.assertEqual(reply.status, 200, alias)
            self.assertEqual(hashlib.sha256(reply.body).hexdigest(), entry["sha256"])
            self.assertEqual(reply.header("content-type"), details["content_type"])
            found = await self.asked(server, f"/image/details/original/{quoted(alias)}")
            self.assertEqual({key: found[key] for key in details}, details)
            told = await self.asked(server, "/internal/identifier", alias=alias)
            self.assertEqual(told["identifier"], entry["identifier"])

    async def assert_variants(self, server: ServerProcess, entry: dict[str, Any]) -> None:
        """The stored files themselves, and not others that are made anew."""
        for variant in entry["variants"]:
            *words, extension = variant["key"].split("/")
            query = dict(zip(words[::2], words[1::2], strict=True))
            source = entry["aliases"][0]["alias"]
            path = f"/image/process.{extension}"
            reply = await self.get(server, path, params={"src": source, **query})
            stored = (server.files / variant["identifier"]).read_bytes()
            self.assertEqual((reply.status, reply.body), (200, stored), variant["key"])

    async def assert_proxy(self, server: ServerProcess, proxy: dict[str, str]) -> None:
        """Served under its URL, though there is nobody at that address any more."""
        reply = await self.get(server, "/image/original", params={"proxy": proxy["url"]})
        original = await self.get(server, f"/image/original/{quoted(proxy['alias'])}")
        self.assertEqual((reply.status, reply.body), (200, original.body), proxy)

    async def assert_unknown(self, server: ServerProcess, known: dict[str, Any]) -> None:
        """The picture that stands for those that are not there."""
        wanted = known.get("http_unknown_alias")
        reply = await self.get(server, "/image/original/unknown.png")
        self.assertEqual(reply.status, 404)
        if wanted is not None:
            self.assertEqual(hashlib.sha256(reply.body).hexdigest(), wanted["sha256"])

    async def claim(self, server: ServerProcess, id: str) -> dict[str, Any]:
        """The answer, however long the upload takes."""
        path = f"/image/backgrounded/claim?upload_id={id}"
        reply = await self.get(server, path)
        while reply.status == 204:
            reply = await self.get(server, path)
        return dict(reply.json)

    async def assert_claim(self, server: ServerProcess, upload: dict[str, Any]) -> None:
        """The result that waits, once."""
        result, reply = upload["result"], await self.claim(server, upload["id"])
        if "Success" in result:
            (file,) = reply["files"]
            found = {"alias": file["file"], "token": file["delete_token"]}
            self.assertEqual(found, result["Success"])
        else:
            self.assertEqual(reply["code"], result["Failure"]["code"])
        self.assertEqual((await self.claim(server, upload["id"]))["code"], "already-claimed")

    async def assert_deletable(self, server: ServerProcess, entry: dict[str, Any]) -> None:
        """By whoever has the token, and by nobody else."""
        for each in entry["aliases"]:
            wrong = await self.ask(server, "DELETE", f"/image/delete/wrong/{quoted(each['alias'])}")
            self.assertEqual(wrong.code, "invalid-delete-token")
            path = f"/image/delete/{each['token']}/{quoted(each['alias'])}"
            self.assertEqual((await self.ask(server, "DELETE", path)).status, 204)
            gone = await self.get(server, f"/image/original/{quoted(each['alias'])}")
            self.assertEqual(gone.status, 404)


def quoted(alias: str) -> str:
    """For a path."""
    return quote(alias, safe="")
