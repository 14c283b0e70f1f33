"""The routes from outside, on backends in memory."""

from __future__ import annotations

import json
from typing import Any

import attrs

from pictd.errors import MediaFailed, OldStoreUnavailable, RepoUnavailable
from pictd.model.records import Queue
from tests.support.parts import KEY, SETTINGS
from tests.support.server import ServerTestCase

IMMUTABLE = "public, max-age=604800, immutable"


class RoutingTests(ServerTestCase):
    """Which paths and methods there are."""

    async def test_unknown_paths(self) -> None:
        """404, empty, without a content type."""
        for path in ("/", "/nope", "/image/", "/image/process", "/image/process.", "/internalx"):
            reply = await self.get(path)
            self.assertEqual((reply.status, reply.body), (404, b""), path)
            self.assertIsNone(reply.header("content-type"))

    async def test_wrong_methods(self) -> None:
        """405 with ``allow``; 404 where the path is also a prefix."""
        for path, allow in (
            ("/image/original/x", "GET, HEAD"),
            ("/image/delete/t/x", "DELETE, GET"),
            ("/image/blurhash", "GET"),
        ):
            reply = await self.ask("PATCH", path)
            self.assertEqual((reply.status, reply.header("allow")), (405, allow))
        for path in ("/image", "/healthz"):
            reply = await self.ask("PATCH", path)
            self.assertEqual((reply.status, reply.header("allow")), (404, None))

    async def test_head_is_not_implied(self) -> None:
        """By GET."""
        self.assertEqual((await self.ask("HEAD", "/image/blurhash")).status, 405)

    async def test_a_deadline_that_is_no_moment(self) -> None:
        """Is told before the key is looked at, and for paths that do not exist."""
        for path in ("/nope", "/internal/hashes"):
            reply = await self.get(path, headers={"x-request-deadline": "soon"})
            self.assertEqual((reply.status, reply.json["code"]), (400, "parse-deadline"))

    async def test_a_deadline_that_passes(self) -> None:
        """408; what was begun is undone."""
        self.media.gated = True
        reply = await self.upload(b"late", headers={"x-request-deadline": "0"})
        self.assertEqual((reply.status, reply.json["code"]), (408, "request-timeout"))
        self.assertEqual(await self.repo.hashes.count(), 0)

    async def test_faults_of_ours(self) -> None:
        """500 with an incident id that the log has, too."""

        async def fail(*_: object) -> None:
            raise ZeroDivisionError

        self.repo.aliases.find = fail  # type: ignore[method-assign,assignment]
        reply = await self.get("/image/original/x.png")
        self.assertEqual((reply.status, reply.json["code"]), (500, "unknown-error"))
        self.assertIn("incident", reply.json)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    async def test_a_repo_that_is_away(self) -> None:
        """503 with ``retry-after``."""

        async def fail(*_: object) -> None:
            raise RepoUnavailable

        self.repo.aliases.find = fail  # type: ignore[method-assign,assignment]
        reply = await self.get("/image/original/x.png")
        self.assertEqual((reply.status, reply.header("retry-after")), (503, "5"))


class InternalTests(ServerTestCase):
    """The key, and what it opens."""

    async def test_the_key_is_needed(self) -> None:
        """Also for paths and methods that do not exist."""
        for key in ({}, {"x-api-token": "wrong"}, {"x-api-token": ""}):
            for path in ("/internal", "/internal/nope", "/internal/hashes", "//internal/hashes"):
                reply = await self.get(path, headers=key)
                self.assertEqual((reply.status, reply.json["code"]), (401, "invalid-api-token"))

    async def test_with_the_key(self) -> None:
        """Unknown paths are unknown."""
        self.assertEqual((await self.get("/internal/nope", key=True)).status, 404)
        self.assertEqual((await self.get("/internal//hashes", key=True)).status, 200)

    async def test_listing(self) -> None:
        """Pages that lead to each other."""
        aliases = [(await self.ingested(b"%d" % n))["file"] for n in range(3)]
        first = (await self.get("/internal/hashes?limit=2", key=True)).json["page"]
        self.assertEqual(set(first), {"limit", "hashes", "current", "next"})
        path = f"/internal/hashes?limit=2&slug={first['next']}"
        second = (await self.get(path, key=True)).json["page"]
        self.assertEqual(set(second), {"limit", "hashes", "current", "prev"})
        listed = [entry["aliases"][0] for entry in first["hashes"] + second["hashes"]]
        self.assertEqual(sorted(listed), sorted(aliases))

    async def test_bad_listings(self) -> None:
        """Name the field; slugs that name nothing give the first page."""
        for query, field in (("limit=x", "limit"), ("timestamp=x", "timestamp")):
            reply = await self.get(f"/internal/hashes?{query}", key=True)
            self.assertEqual((reply.status, reply.json["field"]), (400, field))
        reply = await self.get("/internal/hashes?slug=bogus", key=True)
        self.assertEqual(reply.json["page"], {"limit": 20, "hashes": []})

    async def test_aliases_and_identifier(self) -> None:
        """Of one file."""
        first, second = (await self.ingested())["file"], (await self.ingested())["file"]
        reply = await self.get(f"/internal/aliases?alias={first}", key=True)
        self.assertEqual(set(reply.json["aliases"]), {first, second})
        one = await self.get(f"/internal/identifier?alias={first}", key=True)
        other = await self.get(f"/internal/identifier?alias={second}", key=True)
        self.assertEqual(one.json, other.json)

    async def test_unknown_aliases(self) -> None:
        """Are told in four ways."""
        listed = await self.get("/internal/aliases?alias=x", key=True)
        self.assertEqual(listed.json, {"msg": "ok", "aliases": []})
        reply = await self.get("/internal/identifier?alias=x", key=True)
        self.assertEqual((reply.status, reply.json["code"]), (404, "alias-not-found"))
        reply = await self.ask("POST", "/internal/purge?alias=x", key=True)
        self.assertEqual((reply.status, reply.json["code"]), (404, "alias-not-found"))
        reply = await self.ask("POST", "/internal/delete?alias=x", key=True)
        self.assertEqual((reply.status, reply.body), (404, b""))

    async def test_purge_and_delete(self) -> None:
        """The alias is gone when the answer comes."""
        for route in ("purge", "delete"):
            alias = (await self.ingested())["file"]
            reply = await self.ask("POST", f"/internal/{route}?alias={alias}", key=True)
            self.assertEqual(reply.json["msg"], "ok")
            self.assertEqual((await self.get(f"/image/original/{alias}")).status, 404)

    async def test_dropping_variants_is_queued(self) -> None:
        """204 at once."""
        reply = await self.ask("DELETE", "/internal/variants", key=True)
        self.assertEqual((reply.status, await self.repo.jobs.length(Queue.CLEANUP)), (204, 1))

    async def test_import_keeps_names(self) -> None:
        """A taken one is refused."""
        for status in (201, 400):
            reply = await self.upload(b"x", path="/internal/import", key=True)
            self.assertEqual(reply.status, status)
        self.assertEqual(reply.json["code"], "duplicate-alias")
        self.assertEqual((await self.get("/image/original/0.png")).body, b"x")


class UploadTests(ServerTestCase):
    """``POST /image``."""

    async def test_entry(self) -> None:
        """File, token and details, in request order."""
        reply = await self.upload(b"one", b"two", b"three")
        files = reply.json["files"]
        self.assertEqual(set(files[0]), {"file", "delete_token", "details"})
        bodies = [(await self.get(f"/image/original/{each['file']}")).body for each in files]
        self.assertEqual(bodies, [b"one", b"two", b"three"])

    async def test_too_many_files(self) -> None:
        """Nothing is left of those that were taken."""
        reply = await self.upload(b"one", b"two", b"three", b"four")
        self.assertEqual((reply.status, reply.json["code"]), (400, "file-upload-error"))
        self.assertEqual(await self.repo.hashes.count(), 0)

    async def test_a_file_that_is_too_large(self) -> None:
        """413 with limit and what had arrived."""
        reply = await self.upload(b"x" * 100_001)
        self.assertEqual((reply.status, reply.json["code"]), (413, "validate-file-size"))
        self.assertEqual(reply.json["limit"], 100_000)
        self.assertEqual(self.scratch.live, set())

    async def test_a_bad_query(self) -> None:
        """Is told before the body is looked at."""
        reply = await self.upload(b"x", path="/image?max_width=big")
        self.assertEqual((reply.status, reply.json["field"]), (400, "max_width"))

    async def test_a_form_without_files(self) -> None:
        """Whatever it is."""
        reply = await self.ask("POST", "/image", data=b"hello")
        self.assertEqual((reply.status, reply.json["code"]), (400, "file-upload-error"))

    async def test_deleting_by_token(self) -> None:
        """By GET or DELETE, and as often as one likes."""
        for method in ("GET", "DELETE"):
            entry = await self.ingested()
            path = f"/image/delete/{entry['delete_token']}/{entry['file']}"
            wrong = await self.ask(method, f"/image/delete/x/{entry['file']}")
            self.assertEqual((wrong.status, wrong.json["code"]), (403, "invalid-delete-token"))
            for _ in range(2):
                self.assertEqual((await self.ask(method, path)).status, 204)


class MediaTests(ServerTestCase):
    """Originals and variants on their way out."""

    async def served(self) -> str:
        """The path of an original."""
        entry = await self.ingested(b"0123456789")
        return f"/image/original/{entry['file']}"

    async def test_headers(self) -> None:
        """Of every medium."""
        reply = await self.get(await self.served())
        for name, value in (
            ("content-type", "image/png"),
            ("cache-control", IMMUTABLE),
            ("accept-ranges", "bytes"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "cross-origin"),
        ):
            self.assertEqual(reply.header(name), value)
        self.assertIn("sandbox", reply.header("content-security-policy") or "")
        for absent in ("server", "vary", "content-range"):
            self.assertIsNone(reply.header(absent))

    async def test_range(self) -> None:
        """One is honoured, several are not, one past the end is told the size."""
        path = await self.served()
        part = await self.get(path, headers={"range": "bytes=2-4"})
        self.assertEqual((part.status, part.body), (206, b"234"))
        self.assertEqual(part.header("content-range"), "bytes 2-4/10")
        past = await self.get(path, headers={"range": "bytes=10-"})
        self.assertEqual((past.status, past.header("content-range")), (416, "bytes */10"))
        self.assertEqual(past.header("cache-control"), "no-store")
        several = await self.get(path, headers={"range": "bytes=0-1,3-4"})
        self.assertEqual((several.status, several.json["code"]), (416, "range-not-satisfiable"))
        self.assertIsNone(several.header("cache-control"))

    async def test_conditions(self) -> None:
        """304 for what the client has."""
        path = await self.served()
        etag = (await self.get(path)).header("etag")
        again = await self.get(path, headers={"if-none-match": etag, "range": "bytes=0-1"})
        self.assertEqual((again.status, again.body, again.header("etag")), (304, b"", etag))
        stale = await self.get(path, headers={"if-range": '"x"', "range": "bytes=0-1"})
        self.assertEqual((stale.status, len(stale.body)), (200, 10))

    async def test_head(self) -> None:
        """The headers, and the length that GET has."""
        reply = await self.ask("HEAD", await self.served())
        self.assertEqual((reply.status, reply.body), (200, b""))

    async def test_lost_bytes(self) -> None:
        """Are told; the details stay."""
        entry = await self.ingested()
        path = f"/internal/identifier?alias={entry['file']}"
        await self.store.remove((await self.get(path, key=True)).json["identifier"])
        reply = await self.get(f"/image/original/{entry['file']}")
        self.assertEqual((reply.status, reply.json["code"]), (500, "not-found"))
        self.assertIsNone(reply.header("cache-control"))
        details = await self.get(f"/image/details/original/{entry['file']}")
        self.assertEqual(details.json, entry["details"])

    async def test_variants(self) -> None:
        """Only GET makes one; then all see it."""
        alias = (await self.ingested())["file"]
        query = f".webp?src={alias}&resize=20"
        self.assertEqual((await self.ask("HEAD", "/image/process" + query)).status, 404)
        self.assertEqual((await self.get("/image/details/process" + query)).status, 404)
        made = await self.get("/image/process" + query)
        self.assertEqual((made.status, made.body), (200, b"pictureresize/20/webp"))
        self.assertEqual((await self.ask("HEAD", "/image/process" + query)).status, 200)
        details = await self.get("/image/details/process" + query)
        self.assertEqual(details.json["content_type"], "image/webp")
        self.assertNotIn("blurhash", details.json)

    async def test_bad_variants(self) -> None:
        """Extension, then operations, then the alias; the field is named."""
        for path, code in (
            ("/image/process.mp4?src=x&resize=x", "invalid-file-extension"),
            ("/image/process.png?src=x&resize=x", "invalid-process-path"),
            ("/image/process.mp4", "invalid-query"),
        ):
            reply = await self.get(path)
            self.assertEqual((reply.status, reply.json["code"]), (400, code))
        reply = await self.get("/image/process.png?src=x&Resize=1")
        self.assertEqual(reply.json["field"], "Resize")

    async def test_variants_that_can_not_be_made(self) -> None:
        """Are told at once, and not tried again at once."""
        alias = (await self.ingested())["file"]
        self.media.failure = MediaFailed("no such picture")
        for _ in range(2):
            reply = await self.get(f"/image/process.png?src={alias}")
            self.assertEqual((reply.status, reply.json["msg"]), (500, "no such picture"))
            self.media.failure = None

    async def test_queued_variants(self) -> None:
        """202; 400 for an unknown alias, empty."""
        alias = (await self.ingested())["file"]
        reply = await self.get(f"/image/process_backgrounded.png?src={alias}")
        self.assertEqual((reply.status, await self.repo.jobs.length(Queue.PROCESS)), (202, 1))
        reply = await self.get("/image/process_backgrounded.png?src=x")
        self.assertEqual((reply.status, reply.body), (400, b""))

    async def test_unknown_urls(self) -> None:
        """By family: told, or empty."""
        url = "proxy=http%3A%2F%2F127.0.0.1%3A1%2Fx"
        reply = await self.get(f"/image/details/original?{url}")
        self.assertEqual((reply.status, reply.json["code"]), (404, "proxy-not-found"))
        for method, path in (("HEAD", "process"), ("GET", "process_backgrounded")):
            reply = await self.ask(method, f"/image/{path}.png?{url}")
            self.assertEqual((reply.status, reply.body), (404, b""))


class NotFoundPictureTests(ServerTestCase):
    """What is shown instead of nothing."""

    async def choose(self, body: Any, kind: str = "application/json") -> Any:
        """The answer to a choice."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": kind}
        return await self.ask(
            "POST", "/internal/set_not_found", data=data, headers=headers, key=True
        )

    async def test_it_is_shown_whole_with_404(self) -> None:
        """For originals and, processed, for variants; never for HEAD or details."""
        alias = (await self.ingested(b"not here"))["file"]
        self.assertEqual((await self.choose({"alias": alias})).status, 201)
        headers = {"range": "bytes=0-1", "if-none-match": "*"}
        reply = await self.get("/image/original/none.png", headers=headers)
        self.assertEqual((reply.status, reply.body), (404, b"not here"))
        self.assertEqual(reply.header("cache-control"), "public, max-age=60")
        reply = await self.get("/image/process.webp?src=none.png&resize=3")
        self.assertEqual((reply.status, reply.body), (404, b"not hereresize/3/webp"))
        self.assertEqual((await self.ask("HEAD", "/image/original/none.png")).status, 404)
        reply = await self.get("/image/details/original/none.png")
        self.assertEqual(reply.json["code"], "alias-not-found")

    async def test_a_picture_whose_bytes_are_gone(self) -> None:
        """It is 404 all the same, without it."""
        alias = (await self.ingested(b"not here"))["file"]
        await self.choose({"alias": alias})
        path = f"/internal/identifier?alias={alias}"
        await self.store.remove((await self.get(path, key=True)).json["identifier"])
        reply = await self.get("/image/original/none.png")
        self.assertEqual((reply.status, reply.body), (404, b""))

    async def test_bad_choices(self) -> None:
        """Each with its code."""
        bad: list[tuple[Any, int, str]] = [
            ({"alias": "none.png"}, 404, "alias-not-found"),
            ({"proxy": "http://127.0.0.1/a"}, 400, "proxy-not-allowed"),
            (b"{", 400, "invalid-json"),
            ([], 400, "invalid-json"),
            ({"alias": 3}, 400, "invalid-json"),
            (b'{"alias": "a", "alias": "b"}', 400, "invalid-json"),
        ]
        for body, status, code in bad:
            reply = await self.choose(body)
            self.assertEqual((reply.status, reply.json["code"]), (status, code))
        reply = await self.choose({"alias": "x"}, "text/plain")
        self.assertEqual(reply.json["code"], "invalid-json")


class ReadOnlyTests(ServerTestCase):
    """A server that changes nothing."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    async def test_refusals(self) -> None:
        """All with the same code; malformed requests are told as such."""
        asked = [
            ("GET", "/image/delete/t/x"),
            ("POST", "/internal/delete?alias=x"),
            ("POST", "/internal/purge?alias=x"),
            ("DELETE", "/internal/variants"),
        ]
        for method, path in asked:
            reply = await self.ask(method, path, headers={"x-api-token": KEY})
            self.assertEqual((reply.status, reply.json["code"]), (400, "read-only"), path)
        self.assertEqual((await self.upload(b"x")).json["code"], "read-only")
        reply = await self.ask("POST", "/internal/purge", key=True)
        self.assertEqual(reply.json["code"], "invalid-query")

    async def test_urls_that_are_not_known(self) -> None:
        """Are not fetched by routes that would; the others say that they are not known."""
        url = "proxy=http%3A%2F%2F127.0.0.1%3A1%2Fx"
        for path in ("original?", "process.png?", "blurhash?"):
            self.assertEqual((await self.get(f"/image/{path}{url}")).json["code"], "read-only")
        reply = await self.get(f"/image/details/original?{url}")
        self.assertEqual(reply.json["code"], "proxy-not-found")

    async def test_what_goes_on(self) -> None:
        """Health and look-ups."""
        self.assertEqual((await self.get("/healthz")).status, 200)
        self.assertEqual((await self.get("/internal/hashes", key=True)).status, 200)


class CorsTests(ServerTestCase):
    """Scripts of other sites."""

    settings = attrs.evolve(SETTINGS, cors_origins=("https://a.example",))

    async def test_named_origins_may_read(self) -> None:
        """Errors, too; others may not."""
        alias = (await self.ingested())["file"]
        for path in (f"/image/original/{alias}", "/image/blurhash?alias=x"):
            for origin, allowed in (
                ("https://a.example", "https://a.example"),
                ("https://b.example", None),
            ):
                reply = await self.get(path, headers={"origin": origin})
                self.assertEqual(reply.header("access-control-allow-origin"), allowed)
                self.assertEqual(reply.header("vary"), "origin")

    async def test_preflight(self) -> None:
        """Of what is not a simple request."""
        headers = {"origin": "https://a.example", "access-control-request-method": "DELETE"}
        reply = await self.ask("OPTIONS", "/image/delete/t/x", headers=headers)
        self.assertEqual(reply.status, 204)
        self.assertIn("DELETE", reply.header("access-control-allow-methods") or "")
        headers["origin"] = "https://b.example"
        reply = await self.ask("OPTIONS", "/image/delete/t/x", headers=headers)
        self.assertEqual(reply.status, 405)

    async def test_internal_is_not_opened(self) -> None:
        """To nobody."""
        headers = {"origin": "https://a.example"}
        reply = await self.get("/internal/hashes", key=True, headers=headers)
        self.assertIsNone(reply.header("access-control-allow-origin"))


class HealthTests(ServerTestCase):
    """How the server is."""

    async def test_well(self) -> None:
        """Three ways to say so."""
        replies = [await self.get(path) for path in ("/healthz", "/livez", "/readyz")]
        self.assertEqual([reply.status for reply in replies], [200, 204, 204])

    async def test_unwell(self) -> None:
        """The names of what is missing."""

        async def fail(read_only: bool = False) -> None:
            raise RepoUnavailable

        self.repo.check = fail  # type: ignore[method-assign]
        reply = await self.get("/readyz")
        self.assertEqual((reply.status, reply.json), (503, {"missing": ["database"]}))
        self.assertEqual((await self.get("/healthz")).status, 503)
        self.assertEqual((await self.get("/livez")).status, 204)

    async def test_the_old_store(self) -> None:
        """Is told from the new one."""

        async def fail(read_only: bool = False) -> None:
            raise OldStoreUnavailable

        self.store.check = fail  # type: ignore[method-assign]
        self.assertEqual((await self.get("/readyz")).json, {"missing": ["old_store"]})
