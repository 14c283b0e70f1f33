"""The listening socket: bound before the server starts, closed before anything else stops.

A plain socket and one that speaks TLS are accepted from alike.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IListeningPort,
    IReactorSocket,
    IReactorTime,
)
from twisted.internet.tcp import Port
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory

from pictd.web.site import PictdSite
from pictd.web.tls import Certificates

FINISH_WITHIN = 20.0
"""Seconds that running requests get after the server was told to stop, and clients for taking
the answers."""

HOLD_BACK = 5.0
"""Seconds for which a process lets others accept while its database is not open."""

BACKLOG = 1024
"""Connections that wait to be accepted."""


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening TCP socket.

    :raise OSError: the address is in use, or is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


class Listener(Service):
    """Accepts connections while it runs.

    :param bound: from ``bound_socket``; closed here.
    :param certificates: None: connections are not encrypted.
    """

    _log = Logger()

    def __init__(
        self,
        bound: socket.socket,
        site: PictdSite,
        reactor: IReactorSocket,
        certificates: Certificates | None = None,
    ) -> None:
        self._bound = bound
        self._site = site
        self._reactor = reactor
        self._certificates = certificates
        self._port: IListeningPort | None = None

    def startService(self) -> None:
        """Begin to accept."""
        super().startService()
        self._begin()

    def welcome(self) -> None:
        """The database is open. Who is the only one to accept has not waited for that."""

    def _begin(self) -> None:
        scheme, factory = self._spoken()
        self._port = self._adopted(self._bound, factory)
        address = self._port.getHost()
        self._log.info("listening on {address} ({scheme})", address=address, scheme=scheme)
        self._bound.close()

    def stopService(self) -> Deferred[None]:
        """Accept no more, then let running requests come to their end."""
        super().stopService()
        return Deferred.fromCoroutine(self._finish())

    def _adopted(self, bound: socket.socket, factory: Any) -> IListeningPort:
        return self._reactor.adoptStreamPort(bound.fileno(), bound.family, factory)

    def _spoken(self) -> tuple[str, Any]:
        """The scheme of URLs, and the factory that speaks it."""
        if self._certificates is None:
            return "http", self._site
        clock = IReactorTime(self._reactor)
        return "https", TLSMemoryBIOFactory(self._certificates, False, self._site, clock)

    async def _finish(self) -> None:
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)
        clock = IReactorTime(self._reactor)
        try:
            await self._site.wind_down().addTimeout(FINISH_WITHIN, clock)
        except TimeoutError:
            self._log.warn("{count} connections were cut off", count=len(self._site.channels))


class SharedListener(Listener):
    """Accepts from a socket that other processes accept from as well: it leaves connections to them
    until the database is open, or for a while where that is away."""

    _waiting: IDelayedCall | None = None

    def startService(self) -> None:
        """Begin to accept soon."""
        Service.startService(self)
        self._waiting = IReactorTime(self._reactor).callLater(HOLD_BACK, self._begin)

    def welcome(self) -> None:
        """The database is open: begin to accept."""
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()
            self._begin()

    def stopService(self) -> Deferred[None]:
        """See ``Listener``."""
        if self._waiting is not None and self._waiting.active():
            self._waiting.cancel()
            self._bound.close()
        return super().stopService()

    def _adopted(self, bound: socket.socket, factory: Any) -> IListeningPort:
        port: Port = _OneByOne._fromListeningDescriptor(
            self._reactor, bound.fileno(), bound.family, factory
        )
        port.startListening()
        return port


class _OneByOne(Port):
    """Takes one connection at a time. Twisted takes all that wait, and a proxy that opens many at
    once, and keeps them, would have one process do all the work while others idle."""

    def doRead(self) -> None:
        """Somebody may have come, whom another process may take meanwhile."""
        self.numberAccepts = 1
        super().doRead()
