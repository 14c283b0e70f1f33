"""The certificate that the listener shows, renewed without a restart (spec configuration 5.4).

How it works: a ``Pair`` of files is read before the server listens, and again every ``LOOK_EVERY``
seconds. Contents that differ from those last seen become the pair of all connections that begin
from then on; those that can't be used are logged, and the pair in force stays. Connections that
have begun keep theirs.

TLS 1.2 and 1.3 are spoken, no older version. HTTP/1.1 alone is offered: Twisted's HTTP/2 hands a
request over when its body is complete, so uploads could neither be held back nor refused early.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IReactorTime
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from zope.interface import implementer

LOOK_EVERY = 5.0
"""Seconds between looks at the files."""

PROTOCOLS = (b"http/1.1",)
"""What may be negotiated."""


class UnusableCertificate(Exception):
    """The files make no pair; says which key of the configuration is to blame, and why."""


@attrs.frozen
class Contents:
    """Of both files, as they are."""

    certificate: bytes = attrs.field(repr=False)
    private_key: bytes = attrs.field(repr=False)


@attrs.frozen
class Pair:
    """Where certificate and key are.

    :ivar certificate: a chain in PEM, the server's own first.
    :ivar private_key: in PEM; the first key in the file counts.
    """

    certificate: Path
    private_key: Path

    def read(self) -> Contents:
        """Blocks.

        :raise UnusableCertificate: a file can't be read.
        """
        return Contents(
            _read("server.certificate", self.certificate),
            _read("server.private_key", self.private_key),
        )

    def options(self, contents: Contents) -> CertificateOptions:
        """What connections are made of.

        :raise UnusableCertificate: the contents are not certificate and key, or don't match.
        """
        chain = self._chain(contents.certificate)
        options = CertificateOptions(
            privateKey=self._key(contents.private_key),
            certificate=chain[0],
            extraCertChain=chain[1:],
            raiseMinimumTo=TLSVersion.TLSv1_2,
            acceptableProtocols=PROTOCOLS,
        )
        try:
            options.getContext()
        except SSL.Error as error:
            wrong = f"{self.private_key} does not belong to {self.certificate}, or can't be used"
            raise UnusableCertificate(f"server.private_key: {wrong}") from error
        return options

    def _chain(self, data: bytes) -> list[crypto.X509]:
        try:
            found = x509.load_pem_x509_certificates(data)
        except ValueError as error:
            wrong = f"{self.certificate} holds no certificate in PEM, or a broken one"
            raise UnusableCertificate(f"server.certificate: {wrong}") from error
        return [crypto.X509.from_cryptography(each) for each in found]

    def _key(self, data: bytes) -> crypto.PKey:
        """The empty passphrase keeps OpenSSL from asking for one at the terminal."""
        try:
            return crypto.load_privatekey(crypto.FILETYPE_PEM, data, b"")
        except (crypto.Error, ValueError) as error:
            wrong = f"{self.private_key} holds no private key in PEM without a passphrase"
            raise UnusableCertificate(f"server.private_key: {wrong}") from error


@implementer(IOpenSSLServerConnectionCreator)
class Certificates(Service):
    """The pair in force, and the watch on its files.

    :raise UnusableCertificate: there is none to begin with.
    """

    _log = Logger()

    def __init__(self, pair: Pair, clock: IReactorTime) -> None:
        self._pair = pair
        self._seen: Contents | str = pair.read()
        self._options = pair.options(self._seen)
        self._watch = LoopingCall(lambda: Deferred.fromCoroutine(self._look()))
        self._watch.clock = clock

    def startService(self) -> None:
        """Begin to watch."""
        super().startService()
        self._watch.start(LOOK_EVERY, now=False)

    def stopService(self) -> None:
        """Watch no more."""
        super().stopService()
        self._watch.stop()

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """A connection that begins now."""
        return self._options.serverConnectionForTLS(protocol)

    async def _look(self) -> None:
        try:
            contents = await deferToThread(self._pair.read)
        except UnusableCertificate as error:
            self._keep(str(error), error)
        else:
            self.renew(contents)

    def renew(self, contents: Contents) -> None:
        """Use these from now on, if they can be used and are new."""
        if contents == self._seen:
            return
        try:
            self._options = self._pair.options(contents)
        except UnusableCertificate as error:
            self._keep(contents, error)
        else:
            self._seen = contents
            self._log.info("the certificate was renewed from {path}", path=self._pair.certificate)

    def _keep(self, seen: Contents | str, error: UnusableCertificate) -> None:
        """The pair in force stays; the same trouble is told once."""
        if seen != self._seen:
            self._seen = seen
            self._log.error("the old certificate stays in use: {error}", error=error)


def _read(key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableCertificate(f"{key}: {path}: {error.strerror}") from error
