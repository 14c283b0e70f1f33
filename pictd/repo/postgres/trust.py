"""Encryption on the way to the server, and whom to trust there."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from cryptography.x509 import load_pem_x509_certificate

PLAIN: Mapping[str, str] = MappingProxyType({"sslmode": "disable"})
"""Settings of libpq's for no encryption at all."""

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def encryption(certificate: Path | None) -> Mapping[str, str]:
    """Settings of libpq's: the server must have a certificate for its name, from an authority that
    this machine trusts, or from that of ``certificate``. Authorities are read now.

    :raise OSError: the file can't be read.
    :raise ValueError: it holds no certificate.
    """
    authorities = _machine() + (b"" if certificate is None else _own(certificate))
    return {"sslmode": "verify-full", "sslrootcert": _unnamed_file(authorities)}


def _machine() -> bytes:
    """The library that psycopg2 brings along looks for them elsewhere."""
    named = ssl.get_default_verify_paths().cafile
    found = [Path(each) for each in (named, *_BUNDLES) if each and Path(each).is_file()]
    return found[0].read_bytes() + b"\n" if found else b""


def _own(certificate: Path) -> bytes:
    pem = certificate.read_bytes()
    load_pem_x509_certificate(pem)
    return pem


def _unnamed_file(content: bytes) -> str:
    """The path of a file in memory, which is there until the process ends."""
    handle = os.memfd_create("authorities")
    os.write(handle, content)
    return f"/proc/{os.getpid()}/fd/{handle}"
