"""Certificates with their keys, made at run time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


@attrs.frozen
class Issued:
    """A certificate and its key, both in PEM."""

    certificate: bytes
    private_key: bytes

    def write(self, folder: Path) -> None:
        """As ``cert.pem`` and ``key.pem``."""
        (folder / "key.pem").write_bytes(self.private_key)
        (folder / "cert.pem").write_bytes(self.certificate)


def issued(name: str, passphrase: bytes | None = None, by: Issued | None = None) -> Issued:
    """:param name: whose it is, as the common name; it may issue others.
    :param passphrase: locks the key.
    :param by: who signs; None: it signs itself.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now, hour = datetime.now(UTC), timedelta(hours=1)
    issuer, signing = (_called(name), key) if by is None else _signer(by)
    made = (
        x509.CertificateBuilder(issuer, _called(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - hour)
        .not_valid_after(now + hour)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return Issued(made.public_bytes(Encoding.PEM), pem)


def _signer(issuer: Issued) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    key = load_pem_private_key(issuer.private_key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return x509.load_pem_x509_certificate(issuer.certificate).subject, key


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
