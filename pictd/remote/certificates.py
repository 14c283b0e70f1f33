"""Who a server on TLS says it is."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import attrs
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.hazmat import (
    DNS_ID,
    IPAddress_ID,
    ServiceID,
    verify_service_identity,
)
from service_identity.pyopenssl import extract_patterns
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import Certificate, CertificateOptions, platformTrust
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

Verdict = Callable[[SSL.Connection, X509, int, int, int], bool]

_STRICTLY = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT


class Certificates:
    """Whom to trust; authorities are read once, at start. Twisted's own ``optionsForClientTLS``
    reads them for every connection, which takes the reactor 10 ms, and refuses host names with an
    underscore or an emoji, though both are in use.

    :param trust: the one authority; None: those of the machine.
    """

    def __init__(self, trust: Certificate | None = None) -> None:
        self._options = CertificateOptions(trustRoot=trust or platformTrust())

    def of(self, host: str) -> IOpenSSLClientConnectionCreator:
        """Connections to this host alone.

        :param host: a name in ASCII or a numeric address.
        """
        return _Named(self._options, host.removesuffix("."))


@implementer(IOpenSSLClientConnectionCreator)
@attrs.frozen
class _Named:
    options: CertificateOptions
    host: str

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        """Only names are told to the server (RFC 6066 §3)."""
        connection = self.options.clientConnectionForTLS(tlsProtocol)
        identity = _identity(self.host)
        if isinstance(identity, DNS_ID):
            connection.set_tlsext_host_name(self.host.encode("ascii"))
        connection.set_verify(_STRICTLY, _verdict(identity))
        return connection


def _identity(host: str) -> ServiceID:
    try:
        ip_address(host)
    except ValueError:
        return DNS_ID(host)
    return IPAddress_ID(host)


def _verdict(identity: ServiceID) -> Verdict:
    """OpenSSL asks it about every certificate of the chain; depth 0 is the server's own."""

    def verdict(_: Any, certificate: X509, error: int, depth: int, good: int) -> bool:
        if depth or not good:
            return bool(good)
        try:
            verify_service_identity(extract_patterns(certificate), [identity], [])
        except VerificationError:
            return False
        except Exception:
            # A certificate that can't be understood; OpenSSL must see an answer, not an error.
            return False
        return True

    return verdict
