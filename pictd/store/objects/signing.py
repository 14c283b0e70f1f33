"""Signature version 4: who asks, proved without sending the secret.

The canonical request is made of the very bytes that are sent: the path and the query come here
percent-encoded, once, and are not touched again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "s3"
EMPTY = hashlib.sha256(b"").hexdigest()
"""The digest of no body."""


@attrs.frozen
class Credentials:
    """:ivar region: only the signature knows it."""

    access_key: str
    secret_key: str = attrs.field(repr=False)
    region: str
    session_token: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Unsigned:
    """A request as it will be sent.

    :ivar path: percent-encoded.
    :ivar query: percent-encoded, its parameters in order of their names, each with a ``=``.
    :ivar headers: names in small letters; ``host`` is one of them.
    :ivar digest: of the body: SHA-256, in hexadecimal.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    digest: str = EMPTY


def sign(request: Unsigned, credentials: Credentials, seconds: float) -> dict[str, str]:
    """All headers of the request, with those that prove who asks.

    :param seconds: since the epoch; services accept a difference of some minutes.
    """
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {**request.headers, "x-amz-content-sha256": request.digest, "x-amz-date": moment}
    if credentials.session_token is not None:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(headers))
    scope = f"{moment[:8]}/{credentials.region}/{SERVICE}/aws4_request"
    canonical = _sha256(_canonical(request, headers, names))
    text = "\n".join((ALGORITHM, moment, scope, canonical))
    signature = _hmac(_key(credentials, moment[:8]), text).hex()
    headers["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _canonical(request: Unsigned, headers: Mapping[str, str], names: str) -> str:
    lines = (f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers))
    return "\n".join(
        (request.method, request.path, request.query, *lines, "", names, request.digest)
    )


def _key(credentials: Credentials, day: str) -> bytes:
    key = b"AWS4" + credentials.secret_key.encode()
    for part in (day, credentials.region, SERVICE, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
