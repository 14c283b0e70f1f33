"""Rules for addresses: sockets, URLs, networks, origins (spec configuration 3.4)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

import attrs

from pictd.config.values import Rule, text_of

Network = IPv4Network | IPv6Network

_SOCKET = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})", re.ASCII)
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
_WEB = ("http", "https")
_DATABASE = ("postgres", "postgresql")


@attrs.frozen
class SocketAddress:
    """Where to listen.

    :ivar host: a numeric address, IPv6 without brackets.
    :ivar port: 0 lets the system choose.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _socket(raw: object) -> SocketAddress:
    match = _SOCKET.fullmatch(text_of(raw))
    if match is None or int(match["port"]) > 65535:
        raise ValueError
    numeric = IPv6Address(match["six"]) if match["six"] else IPv4Address(match["four"])
    return SocketAddress(str(numeric), int(match["port"]))


def _split(raw: object) -> tuple[str, SplitResult]:
    text = text_of(raw)
    parts = urlsplit(text)
    if _UNFIT.search(text) or not parts.scheme:
        raise ValueError
    if parts.port is not None and not 0 <= parts.port <= 65535:
        raise ValueError
    return text, parts


def _web(raw: object) -> str:
    text, parts = _split(raw)
    if parts.scheme.lower() not in _WEB or not parts.hostname:
        raise ValueError
    return text


def _endpoint(raw: object) -> str:
    return _web(raw).rstrip("/")


def _database(raw: object) -> str:
    text, parts = _split(raw)
    if parts.scheme.lower() not in _DATABASE:
        raise ValueError
    return text


def _network(raw: object) -> Network:
    return ip_network(text_of(raw))


def _origin(raw: object) -> str:
    text = text_of(raw)
    if text == "*":
        return text
    _, parts = _split(text)
    bare = f"{parts.scheme}://{parts.netloc}"
    if not parts.hostname or "@" in parts.netloc or text != bare:
        raise ValueError
    return text.lower()


SOCKET: Rule[SocketAddress] = Rule(
    "a numeric address and port, as 127.0.0.1:8080 or [::1]:8080", _socket, "127.0.0.1:9000"
)
URL: Rule[str] = Rule("an absolute http or https URL", _web, "https://example.org/path")
ENDPOINT: Rule[str] = Rule("an absolute http or https URL", _endpoint, "https://s3.example.org")
DATABASE_URL: Rule[str] = Rule(
    "a URL such as postgres://user:password@host:5432/database",
    _database,
    "postgres://user:password@host:5432/database",
    secret=True,
)
NETWORK: Rule[Network] = Rule("a network", _network, "10.0.0.0/8")
ORIGIN: Rule[str] = Rule("an origin", _origin, "https://example.org")
