"""TLS on the listener, and certificates that change while it serves."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import attrs
from cryptography import x509
from cryptography.x509.oid import NameOID
from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase, TestCase

from pictd.web.listener import Listener, bound_socket
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from pictd.web.site import PictdSite
from pictd.web.tls import LOOK_EVERY, Certificates, Pair, UnusableCertificate
from tests.support.certificates import issued
from tests.support.exchange import Leaf
from tests.support.waiting import until

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


async def path(request: PictdRequest) -> bytes:
    """Answers with the path."""
    return request.path


@attrs.frozen
class Client:
    """How a client is set.

    :ivar version: the only one it speaks; None: all.
    :ivar protocols: what it would like to speak.
    :ivar trusted: a root in PEM; None: every certificate is believed.
    """

    version: ssl.TLSVersion | None = None
    protocols: Sequence[str] = ()
    trusted: bytes | None = None

    def context(self) -> ssl.SSLContext:
        """The same for Python's own TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        if self.trusted is None:
            context.verify_mode = ssl.CERT_NONE
        else:
            context.load_verify_locations(cadata=self.trusted.decode())
        if self.version is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = self.version
        if self.protocols:
            context.set_alpn_protocols(self.protocols)
        return context


class Visitor:
    """A connection of a client, which blocks."""

    def __init__(self, port: int, client: Client) -> None:
        plain = socket.create_connection(("127.0.0.1", port), 20)
        try:
            self.connection = client.context().wrap_socket(plain)
        except BaseException:
            plain.close()
            raise

    def ask(self) -> bytes:
        """The whole answer to a GET."""
        self.connection.sendall(GET)
        told = b""
        while not told.endswith(b"\r\n\r\n/x"):
            piece = self.connection.recv(4096)
            if not piece:
                raise ConnectionError(told)
            told += piece
        return told

    @property
    def met(self) -> str:
        """The common name in the server's certificate."""
        shown = self.connection.getpeercert(binary_form=True)
        assert shown is not None
        subject = x509.load_der_x509_certificate(shown).subject
        return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


class PairTests(SynchronousTestCase):
    """Files that make no pair are refused, by the key of the configuration that names them."""

    def setUp(self) -> None:
        """A good pair."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        issued("first").write(self.folder)
        self.pair = Pair(self.folder / "cert.pem", self.folder / "key.pem")

    def refusal(self) -> str:
        """Of the files as they are."""
        with self.assertRaises(UnusableCertificate) as caught:
            Certificates(self.pair, Clock())
        return str(caught.exception)

    def test_a_file_is_not_there(self) -> None:
        """The reason is the system's."""
        (self.folder / "key.pem").unlink()
        self.assertRegex(self.refusal(), r"^server\.private_key: .*key\.pem: No such file")
        (self.folder / "cert.pem").unlink()
        self.assertRegex(self.refusal(), r"^server\.certificate: .*cert\.pem: No such file")

    def test_a_certificate_that_is_none(self) -> None:
        """Empty, or something else in PEM, or cut short."""
        for data in (b"", issued("x").private_key, issued("x").certificate[:200]):
            (self.folder / "cert.pem").write_bytes(data)
            self.assertRegex(self.refusal(), r"^server\.certificate: .*cert\.pem holds no")

    def test_a_key_that_is_none(self) -> None:
        """Or that a passphrase would open."""
        for data in (b"", issued("x").certificate, issued("x", b"word").private_key):
            (self.folder / "key.pem").write_bytes(data)
            self.assertRegex(self.refusal(), r"^server\.private_key: .*key\.pem holds no")

    def test_a_key_of_another_certificate(self) -> None:
        """Both are good, together they are not."""
        (self.folder / "key.pem").write_bytes(issued("other").private_key)
        self.assertRegex(self.refusal(), r"^server\.private_key: .*does not belong to")

    def test_a_key_behind_other_things(self) -> None:
        """One file may hold certificate and key."""
        both = issued("both")
        (self.folder / "cert.pem").write_bytes(both.certificate + both.private_key)
        (self.folder / "key.pem").write_bytes(both.certificate + both.private_key)
        Certificates(self.pair, Clock())


class ServingTests(TestCase):
    """A listener with TLS on a loopback port.

    :ivar clock: of the watch on the files alone.
    """

    timeout = 60

    def setUp(self) -> None:
        """It shows ``first``."""
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        issued("first").write(self.folder)
        self.clock, self.real = Clock(), cast(Any, reactor)
        self.serve(Pair(self.folder / "cert.pem", self.folder / "key.pem"))

    def serve(self, pair: Pair) -> None:
        """On ``port``, until the test ends."""
        self.certificates = Certificates(pair, self.clock)
        bound = bound_socket("127.0.0.1", 0)
        self.port = bound.getsockname()[1]
        site = PictdSite(Leaf(path), self.real, BodyLimits(1000))
        for service in (self.certificates, Listener(bound, site, self.real, self.certificates)):
            service.startService()
            self.addCleanup(service.stopService)

    async def visit(self, **client: Any) -> Visitor:
        """Connect; the connection ends with the test."""
        visitor = await deferToThread(Visitor, self.port, Client(**client))
        self.addCleanup(visitor.connection.close)
        return visitor

    async def met(self) -> str:
        """Whom a new client meets."""
        return (await self.visit()).met

    async def test_answers(self) -> None:
        """As without TLS, one request after the other."""
        visitor = await self.visit()
        for _ in range(2):
            answer = await deferToThread(visitor.ask)
            self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK\r\n"), answer)

    async def test_chain(self) -> None:
        """Who trusts the root alone is shown what is between."""
        root = issued("root")
        between = issued("between", by=root)
        leaf = issued("leaf", by=between)
        attrs.evolve(leaf, certificate=leaf.certificate + between.certificate).write(self.folder)
        self.certificates.renew(self.contents())
        self.assertEqual((await self.visit(trusted=root.certificate)).met, "leaf")

    async def test_modern_versions(self) -> None:
        """TLS 1.2 and 1.3."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            visitor = await self.visit(version=version)
            self.assertEqual(visitor.connection.version(), version.name.replace("_", "."))

    async def test_old_versions(self) -> None:
        """TLS 1.1 finds nobody to talk to."""
        with self.assertRaises(ssl.SSLError) as caught:
            await self.visit(version=ssl.TLSVersion.TLSv1_1)
        self.assertEqual(caught.exception.reason, "TLSV1_ALERT_PROTOCOL_VERSION")

    async def test_negotiation(self) -> None:
        """HTTP/1.1 is chosen, also by who would rather speak HTTP/2."""
        visitor = await self.visit(protocols=["h2", "http/1.1"])
        self.assertEqual(visitor.connection.selected_alpn_protocol(), "http/1.1")

    async def test_plain_requests_are_not_served(self) -> None:
        """Nothing of HTTP is answered to them."""
        visitor = await deferToThread(socket.create_connection, ("127.0.0.1", self.port), 20)
        self.addCleanup(visitor.close)
        visitor.sendall(GET)
        self.assertNotIn(b"HTTP", await deferToThread(visitor.recv, 100))

    async def test_renewed_files(self) -> None:
        """New connections meet the new certificate; those that are there go on."""
        before = await self.visit()
        issued("second").write(self.folder)
        self.clock.advance(LOOK_EVERY)

        async def renewed() -> bool:
            return await self.met() == "second"

        await until(renewed, 20, lambda: "still the old one")
        self.assertEqual(before.met, "first")
        self.assertTrue((await deferToThread(before.ask)).endswith(b"/x"))

    async def test_broken_files(self) -> None:
        """The old certificate stays; the log says why, once; good files are taken again."""
        good, broken = issued("second"), issued("third")
        (self.folder / "key.pem").write_bytes(broken.private_key)
        with capturedLogs() as events:
            for _ in range(2):
                self.certificates.renew(self.contents())
        errors = [each for each in events if each["log_level"] is LogLevel.error]
        self.assertEqual(len(errors), 1)
        self.assertIn("does not belong to", str(errors[0]["error"]))
        self.assertEqual(await self.met(), "first")
        good.write(self.folder)
        self.certificates.renew(self.contents())
        self.assertEqual(await self.met(), "second")

    async def test_lost_files(self) -> None:
        """The old certificate stays."""
        (self.folder / "key.pem").unlink()
        with capturedLogs() as events:
            self.clock.advance(LOOK_EVERY)

            async def told() -> bool:
                return any("server.private_key" in str(each.get("error")) for each in events)

            await until(told, 20, lambda: events)
        self.assertEqual(await self.met(), "first")

    def contents(self) -> Any:
        """The files as they are."""
        return Pair(self.folder / "cert.pem", self.folder / "key.pem").read()
