"""An authority that signs certificates of servers, at run time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twisted.internet.ssl import Certificate, PrivateCertificate

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of this test")])


@attrs.frozen
class Authority:
    """Signs certificates; its own is the one to trust.

    :ivar age: days since what it signs has expired; below 0 it has not.
    """

    key: ec.EllipticCurvePrivateKey = attrs.field(
        factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    age: int = -1

    @property
    def certificate(self) -> Certificate:
        """Of the authority."""
        return Certificate.loadPEM(self._sign(self.key, (), True).public_bytes(Encoding.PEM))

    def server(self, *names: str) -> Any:
        """What a server of these names, or addresses, listens with."""
        return self._listener(ec.generate_private_key(ec.SECP256R1()), names)

    def itself(self, *names: str) -> Any:
        """The same with a certificate that is signed by its own key."""
        return self._listener(self.key, names)

    def _listener(self, key: ec.EllipticCurvePrivateKey, names: Sequence[str]) -> Any:
        plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem = self._sign(key, names, False).public_bytes(Encoding.PEM) + key.private_bytes(*plain)
        return PrivateCertificate.loadPEM(pem).options()

    def _sign(
        self, key: ec.EllipticCurvePrivateKey, names: Sequence[str], ca: bool
    ) -> x509.Certificate:
        now = datetime.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(NAME if key is self.key else x509.Name([]))
            .issuer_name(NAME)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=100))
            .not_valid_after(now - timedelta(days=-9 if ca else self.age))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(each) for each in names]), critical=True
            )
        return builder.sign(self.key, hashes.SHA256())


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
