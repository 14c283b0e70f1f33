"""Where objects are: the URLs of a bucket and of what is in it (spec storage §6.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

import attrs
from twisted.internet.abstract import isIPAddress, isIPv6Address

_SAFE = "-._~"
_UNUSUAL = frozenset('\\{}[]<>^%`"~#|*?')
"""In keys; beside control characters, and what is not ASCII."""
_PORTS = {"http": 80, "https": 443}


@attrs.frozen
class Place:
    """A bucket.

    :ivar scheme: ``http`` or ``https``.
    :ivar host: of the header: with the port, unless that is the scheme's own.
    :ivar root: path of the bucket, percent-encoded, without a slash at its end.
    """

    scheme: str
    host: str
    root: str

    @classmethod
    def of(cls, endpoint: str, bucket: str, path_style: bool) -> Self:
        """:raise ValueError: the bucket can't be part of the endpoint's host name."""
        parts = urlsplit(endpoint)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
        root = quote(parts.path.rstrip("/"), safe=_SAFE + "/%")
        if path_style:
            root = f"{root}/{quote(bucket, safe=_SAFE)}"
        elif not host.startswith(bucket):
            host = _joined(bucket, host)
        host = f"[{host}]" if ":" in host else host
        named = "" if port in (None, _PORTS[scheme]) else f":{port}"
        return cls(scheme, host + named, root)

    def path(self, key: str) -> str:
        """Of an object, percent-encoded; of the bucket itself where the key is empty."""
        return f"{self.root}/{quote(key, safe=_SAFE + '/')}" if key else self.root or "/"

    def url(self, key: str, query: str) -> str:
        """What is asked for."""
        return f"{self.scheme}://{self.host}{self.path(key)}{'?' if query else ''}{query}"


def query_of(parameters: Mapping[str, str]) -> str:
    """As signatures need it: sorted, and every name with a ``=``."""
    pairs = ((quote(name, safe=_SAFE), quote(parameters[name], safe=_SAFE)) for name in parameters)
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def keys_of(identifier: str) -> Sequence[str]:
    """Where the object of an identifier may be: under the identifier itself, and, if that has
    unusual characters, under the spelling that pict-rs 0.5.17 makes of it."""
    spelled = "".join(map(_spelled, identifier))
    return [identifier] if spelled == identifier else [identifier, spelled]


def public_url(endpoint: str, key: str) -> str:
    """The URL where clients find an object: the key's segments after the endpoint's path."""
    parts = urlsplit(endpoint)
    path = f"{parts.path.rstrip('/')}/{quote(key, safe=_SAFE + '/')}"
    return urlunsplit(parts._replace(path=path))


def _spelled(character: str) -> str:
    plain = character.isascii() and character.isprintable() and character not in _UNUSUAL
    return character if plain else "".join(f"%{byte:02X}" for byte in character.encode())


def _joined(bucket: str, host: str) -> str:
    joined = f"{bucket}.{host}"
    labels = joined.split(".")
    fits = all(label and quote(label, safe="-") == label and "_" not in label for label in labels)
    if isIPAddress(host) or isIPv6Address(host) or not fits:
        raise ValueError(f"{joined} is no host name")
    return joined
