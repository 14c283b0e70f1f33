"""One connection to the server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any

import attrs
from psycopg2 import Error
from psycopg2.extensions import make_dsn, parse_dsn
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from txpostgres.txpostgres import Connection

from pictd.repo.postgres.failures import told
from pictd.repo.postgres.trust import PLAIN

CONNECTIONS = 10
"""Where a process has the machine for itself."""

CONNECT_LIMIT = 10.0
"""Seconds until a connection stands."""

STATEMENT_LIMIT = 30
"""Seconds that the server gives a statement. Nothing is ever cancelled from this side: psycopg2
blocks the whole process until the server has answered."""

_SETTINGS = f"SET TIME ZONE 'UTC'; SET statement_timeout = '{STATEMENT_LIMIT}s'"
_ALIVE = {
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "client_encoding": "UTF8",
    "gssencmode": "disable",
    "application_name": "pictd",
}
"""A server that vanished without a word is noticed within half a minute."""


class Link(Connection):  # type: ignore[misc]  # txpostgres has no types
    """:param lost: called once the connection is closed, from whichever side."""

    def __init__(self, reactor: Any, lost: Callable[[], None] = lambda: None) -> None:
        super().__init__(reactor)
        self._lost = lost
        self._ended = False

    def doRead(self) -> None:
        """An idle connection that the server ends is closed, not logged as an error."""
        try:
            super().doRead()
        except Error:
            self.close()

    def connectionLost(self, reason: Failure) -> None:
        """As where there is nothing left to read."""
        super().connectionLost(reason)
        if self._connection.closed:
            self.close()

    def close(self) -> None:
        """What waits for an answer fails. A second call does nothing."""
        if self._ended or self._connection is None:
            return
        self._ended = True
        super().close()
        self._lost()


@attrs.frozen
class Server:
    """Where the database is.

    :ivar url: as the configuration has it; it may hold a password.
    :ivar tls: settings of libpq's for encryption.
    :ivar connections: how many a process has at most, beside the one that listens.
    """

    reactor: Any
    url: str = attrs.field(repr=False)
    tls: Mapping[str, str] = PLAIN
    connections: int = CONNECTIONS

    async def connect(self, lost: Callable[[], None] = lambda: None) -> Link:
        """A connection that is ready. Its caller must not be cancelled.

        :raise psycopg2.Error: there is none.
        """
        dsn = make_dsn(self.url, **await self._addresses(), **self.tls, **_ALIVE)
        link = Link(self.reactor, lost)
        limit = self.reactor.callLater(CONNECT_LIMIT, link.close)
        try:
            await link.connect(dsn)
            await link.runOperation(_SETTINGS)
        except BaseException:
            link.close()
            raise
        finally:
            if limit.active():
                limit.cancel()
        return link

    async def _addresses(self) -> dict[str, str]:
        """libpq itself would look up the host's name while the whole process waits."""
        host = parse_dsn(self.url).get("host", "")
        if not _is_name(host):
            return {}
        found = await _looked_up(self.reactor, host)
        return {"host": ",".join([host] * len(found)), "hostaddr": ",".join(found)}


def check_url(url: str) -> None:
    """:raise ValueError: libpq does not understand it."""
    try:
        parse_dsn(url)
    except Error as error:
        raise ValueError(told(error)) from error


def _is_name(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or "," in host:
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _looked_up(reactor: Any, host: str) -> Deferred[list[str]]:
    def look_up() -> list[str]:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Error(f"{host}: {error.strerror}") from error
        return [str(address[0]) for *_, address in found]

    return deferToThreadPool(reactor, reactor.getThreadPool(), look_up)
