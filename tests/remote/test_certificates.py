"""Whom TLS lets pictd believe."""

from __future__ import annotations

from typing import Any

from twisted.internet.ssl import Certificate
from twisted.internet.tcp import Client

from pictd.errors import UpstreamUnreachable
from tests.support.authority import Authority
from tests.support.strangers import Names, RemoteTestCase, Stranger, answered
from tests.support.waiting import until


class TrustTests(RemoteTestCase):
    """Servers on TLS."""

    def setUp(self) -> None:
        super().setUp()
        self.authority = Authority()

    def listen(self, server: Any) -> str:
        """The port of a server with these certificates."""

        def answer(stranger: Stranger, _: str) -> None:
            stranger.say(answered(b"picture"))

        return self.site(answer, tls=server).split(":")[1]

    async def assert_trusted(self, host: str, *names: str) -> None:
        """The server is believed."""
        url = f"https://{host}:{self.listen(self.authority.server(*names))}/"
        self.names = Names(pictures=[["127.0.0.1"]])
        remote = self.remote(trust=self.authority.certificate)
        self.assertEqual(await self.got(url, remote=remote), b"picture")

    async def assert_refused(self, host: str, port: str, trust: Certificate | None) -> None:
        """Nothing is asked of the server, let alone believed."""
        self.names = Names(pictures=[["127.0.0.1"]])
        error = await self.assert_fails(UpstreamUnreachable, f"https://{host}:{port}/", trust=trust)
        self.assertIn("no valid certificate", str(error))
        self.assertEqual(self.sites[-1].requests, [])

    async def test_names(self) -> None:
        """As the certificate has them; the dot at the end of a name is none of its."""
        await self.assert_trusted("pictures.example", "pictures.example")
        await self.assert_trusted("PICTURES.example.", "other.example", "pictures.example")
        await self.assert_trusted("pictures.good.example", "*.good.example")

    async def test_names_that_are_no_host_names(self) -> None:
        """Underscores and emoji are in use."""
        for host, name in (
            ("pictures.a_b.example", "*.a_b.example"),
            ("pictures.i\u2764.example", "*.xn--i-7iq.example"),
        ):
            await self.assert_trusted(host, name)

    async def test_an_address(self) -> None:
        """Certificates may be for addresses."""
        await self.assert_trusted("127.0.0.1", "127.0.0.1")

    async def test_a_stranger_to_all_authorities(self) -> None:
        """Whoever signs for himself is nobody, and so is whom nobody known has signed for."""
        name = "pictures.example"
        for trust in (None, Authority().certificate):
            for server in (self.authority.server(name), Authority().itself(name)):
                await self.assert_refused(name, self.listen(server), trust)

    async def test_somebody_else(self) -> None:
        """A valid certificate of another name, or of none."""
        for names in (("other.example",), ("*.other",), ("127.0.0.2",), ()):
            for host in ("pictures.example", "127.0.0.1"):
                port = self.listen(self.authority.server(*names))
                await self.assert_refused(host, port, self.authority.certificate)

    async def test_a_name_is_no_address(self) -> None:
        """Nor the other way round."""
        port = self.listen(self.authority.server("127.0.0.1"))
        await self.assert_refused("pictures.example", port, self.authority.certificate)

    async def test_an_old_certificate(self) -> None:
        """Has been valid once."""
        old = Authority(age=2)
        port = self.listen(old.server("pictures.example"))
        await self.assert_refused("pictures.example", port, old.certificate)

    async def test_the_name_is_told(self) -> None:
        """Servers of many names choose the certificate by it; addresses are not told."""
        told = []
        for host, name in (("pictures.example.", "pictures.example"), ("127.0.0.1", "127.0.0.1")):
            server = self.authority.server(name)
            server.getContext().set_tlsext_servername_callback(
                lambda connection: told.append(connection.get_servername())
            )
            port = self.listen(server)
            self.names = Names(pictures=[["127.0.0.1"]])
            remote = self.remote(trust=self.authority.certificate)
            await self.got(f"https://{host}:{port}/", remote=remote)
        self.assertEqual([each for each in told if each], [b"pictures.example"])

    async def test_a_body_without_length(self) -> None:
        """It ends with the connection, if TLS says so too: an attacker could end it earlier."""
        server = self.authority.server("127.0.0.1")
        head = b"HTTP/1.0 200 OK\r\n\r\npicture"
        site = self.site(lambda stranger, _: stranger.end(head), tls=server)
        remote = self.remote(trust=self.authority.certificate)
        self.assertEqual(await self.got(f"https://{site}/", remote=remote), b"picture")
        site = self.site(lambda stranger, _: stranger.say(head), tls=server)
        stream = await remote.fetch(f"https://{site}/", 100)
        self.assertEqual(await stream.read(), b"picture")
        self.sites[-1].guests[0].transport.transport.loseConnection()
        with self.assertRaises(UpstreamUnreachable):
            await stream.read()

    async def test_taking_leave(self) -> None:
        """A server that does not answer a farewell is left all the same."""

        def answer(stranger: Stranger, _: str) -> None:
            stranger.say(answered(b"picture"))
            stranger.transport.pauseProducing()

        port = self.site(answer, tls=self.authority.server("127.0.0.1")).split(":")[1]
        remote = self.remote(trust=self.authority.certificate)
        url = f"https://127.0.0.1:{port}/"
        self.assertEqual(await self.got(url, remote=remote), b"picture")

        async def gone() -> bool:
            return not any(isinstance(each, Client) for each in self.reactor.getReaders())

        await until(gone, 5, self.reactor.getReaders)
        self.sites[0].guests[0].break_off()
