"""Media of other servers: which route fetches, which only looks, and which keeps it alive."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import attrs
from twisted.internet.defer import Deferred

from pictd.errors import UpstreamRefused
from pictd.ingest.session import Filing, Received
from pictd.model.alias import Alias
from pictd.model.uploads import UploadQuery
from tests.support.parts import SETTINGS
from tests.support.server import ServerTestCase

URL = "http://pictures.example/a.png"
PROXY = f"proxy={quote(URL, safe='')}"
FETCHING = (f"/image/original?{PROXY}", f"/image/process.png?{PROXY}", f"/image/blurhash?{PROXY}")
LOOKING = (
    ("HEAD", f"/image/original?{PROXY}"),
    ("GET", f"/image/details/original?{PROXY}"),
    ("GET", f"/image/details/process.png?{PROXY}"),
    ("GET", f"/internal/aliases?{PROXY}"),
    ("GET", f"/internal/identifier?{PROXY}"),
    ("POST", f"/internal/delete?{PROXY}"),
    ("POST", f"/internal/purge?{PROXY}"),
)
SILENT = (
    ("HEAD", f"/image/process.png?{PROXY}"),
    ("GET", f"/image/process_backgrounded.png?{PROXY}"),
)


class ProxiedTestCase(ServerTestCase):
    """With a server that has a picture."""

    def setUp(self) -> None:
        super().setUp()
        self.remote.pages[URL] = b"their picture"

    async def fetched(self) -> Alias:
        """Have the picture fetched; its alias."""
        self.assertEqual((await self.get(FETCHING[0])).status, 200)
        return await self.alias()

    async def alias(self) -> Alias:
        """Of the URL, which must have one."""
        alias = await self.repo.proxies.find(URL)
        assert alias is not None
        return alias


class FetchingTests(ProxiedTestCase):
    """Routes that show media."""

    async def test_what_is_not_known(self) -> None:
        """It is fetched once, and shown by all of them."""
        bodies = [(await self.get(path)).body for path in FETCHING]
        self.assertEqual(bodies[:2], [b"their picture", b"their picturepng"])
        self.assertEqual(self.remote.asked, [URL])

    async def test_each_route_fetches(self) -> None:
        """Whichever is asked first."""
        for number, path in enumerate(FETCHING, 1):
            self.assertEqual((await self.get(path)).status, 200)
            self.assertEqual(len(self.remote.asked), number)
            await self.repo.aliases.remove(await self.alias())

    async def test_by_its_alias(self) -> None:
        """It is a file as others are; nobody is told its token."""
        alias = await self.fetched()
        self.assertEqual((await self.get(f"/image/original/{alias}")).body, b"their picture")
        reply = await self.get(f"/image/delete/guessed/{alias}")
        self.assertEqual((reply.status, reply.json["code"]), (403, "invalid-delete-token"))

    async def test_spellings(self) -> None:
        """All those of one URL are one; encoded or not."""
        for spelling in ("HTTP://Pictures.Example:80/a.png", "http://pictures.example/x/../a.png"):
            for text in (spelling, quote(spelling, safe="")):
                self.assertEqual((await self.get(f"/image/original?proxy={text}")).status, 200)
        self.assertEqual(self.remote.asked, [URL])

    async def test_urls_that_are_not_encoded(self) -> None:
        """They get back what the separator took; operations stay operations (contract A14)."""
        whole = "http://pictures.example/a?b=c&d=e"
        self.remote.pages[whole] = b"other picture"
        self.assertEqual((await self.get(f"/image/original?proxy={whole}")).body, b"other picture")
        reply = await self.get(f"/image/process.png?proxy={whole}&resize=9")
        self.assertEqual(reply.body, b"other pictureresize/9/png")
        self.assertEqual(self.remote.asked, [whole])

    async def test_validated_first(self) -> None:
        """A request that can't be answered fetches nothing (contract A18)."""
        for path, code in (
            (f"/image/process.exe?{PROXY}", "invalid-file-extension"),
            (f"/image/process.png?{PROXY}&resize=x", "invalid-process-path"),
            ("/image/process.png?proxy=a.png", "invalid-query"),
            ("/image/original?proxy=a.png", "invalid-query"),
        ):
            reply = await self.get(path)
            self.assertEqual((reply.status, reply.json["code"]), (400, code))
        self.assertEqual(self.remote.asked, [])

    async def test_a_server_in_trouble(self) -> None:
        """Is told, and not asked again by any route for a while."""
        self.remote.pages[URL] = UpstreamRefused("bad response 404 Not Found")
        for path in FETCHING:
            reply = await self.get(path)
            self.assertEqual((reply.status, reply.json["code"]), (502, "download-file-error"))
            self.assertIn("404 Not Found", reply.json["msg"])
        self.assertEqual((self.remote.asked, self.scratch.live), ([URL], set()))

    async def test_a_client_that_leaves(self) -> None:
        """The download goes on, for the next one."""
        self.remote.gate = gate = Deferred[None]()
        guest = await self.guest(f"GET {FETCHING[0]} HTTP/1.1\r\n\r\n".encode())

        async def is_asked() -> bool:
            return bool(self.remote.asked)

        async def has_left() -> bool:
            return not self.site.channels

        async def is_kept() -> bool:
            return await self.repo.proxies.find(URL) is not None

        await self.until(is_asked)
        guest.transport.abortConnection()
        await self.until(has_left)
        gate.callback(None)
        await self.until(is_kept)
        await self.fetched()
        self.assertEqual(self.remote.asked, [URL])


class LookingTests(ProxiedTestCase):
    """Routes that fetch nothing."""

    async def test_unknown(self) -> None:
        """404 with the code, or empty."""
        for method, path in LOOKING:
            reply = await self.ask(method, path, key=True)
            self.assertEqual(
                (reply.status, reply.header("content-type")), (404, "application/json")
            )
            if method != "HEAD":
                self.assertEqual(reply.json["code"], "proxy-not-found", path)
        for method, path in SILENT:
            reply = await self.ask(method, path)
            self.assertEqual((reply.status, reply.body), (404, b""), path)
            self.assertIsNone(reply.header("content-type"))
        self.assertEqual(self.remote.asked, [])

    async def test_known(self) -> None:
        """They answer as for any file."""
        await self.fetched()
        await self.get(FETCHING[1])
        for method, path in (*LOOKING, *SILENT):
            if "/internal/" not in path:
                self.assertLess((await self.ask(method, path)).status, 300, path)

    async def test_the_end(self) -> None:
        """By whichever route: the URL is unknown again, and may be fetched anew."""
        for route in ("delete", "purge"):
            first = await self.fetched()
            reply = await self.ask("POST", f"/internal/{route}?{PROXY}", key=True)
            self.assertEqual(reply.status, 200)
            self.assertEqual((await self.ask("HEAD", FETCHING[0])).status, 404)
            self.assertEqual((await self.get(f"/image/original/{first}")).status, 404)
        await self.fetched()
        self.assertEqual(len(self.remote.asked), 3)


class AccessTests(ProxiedTestCase):
    """Which requests keep a proxied file alive (spec http-api §3.9)."""

    async def noted(self, method: str, path: str) -> bool:
        """Whether the request is recorded as an access, to the URL in its normal form."""
        written: list[Mapping[str, int]] = []

        async def touch(accesses: Mapping[str, int]) -> None:
            written.append(accesses)

        self.repo.proxies.touch = touch  # type: ignore[method-assign]
        self.assertLess((await self.ask(method, path, key=True)).status, 300, path)
        await self.parts.access.write()
        self.assertIn([list(each) for each in written], ([], [[URL]]))
        return bool(written)

    async def test_by_url(self) -> None:
        """All but those that make or look for variants only."""
        await self.fetched()
        await self.get(FETCHING[1])
        await self.parts.access.write()
        for method, path in (*(("GET", each) for each in FETCHING), *LOOKING[:5]):
            self.assertTrue(await self.noted(method, path), path)
        for method, path in SILENT:
            self.assertFalse(await self.noted(method, path), path)

    async def test_by_alias(self) -> None:
        """It does not."""
        alias = await self.fetched()
        for path in (f"/image/original/{alias}", f"/image/process.png?src={alias}"):
            self.assertFalse(await self.noted("GET", path), path)


class ReadOnlyTests(ProxiedTestCase):
    """A server that changes nothing."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    async def test_unknown(self) -> None:
        """Refused where it would be fetched."""
        for path in FETCHING:
            reply = await self.get(path)
            self.assertEqual((reply.status, reply.json["code"]), (400, "read-only"))
        self.assertEqual(self.remote.asked, [])

    async def test_known(self) -> None:
        """Shown, and no access is recorded."""
        folder = self.scratch.new()
        (folder / "upload").write_bytes(b"their picture")
        received = Received(folder, folder / "upload")
        await self.parts.ingest.ingest(received, UploadQuery(), Filing(url=URL))
        written: list[Mapping[str, int]] = []

        async def touch(accesses: Mapping[str, int]) -> None:
            written.append(accesses)

        self.repo.proxies.touch = touch  # type: ignore[method-assign]
        for path in (FETCHING[0], FETCHING[2]):
            self.assertEqual((await self.get(path)).status, 200)
        await self.parts.access.write()
        self.assertEqual(written, [])
