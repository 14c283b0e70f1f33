"""One guarded connection to a stranger's server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IHostnameResolver,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from pictd.model.urls import WebUrl
from pictd.remote.certificates import Certificates
from pictd.remote.resolving import Found, Resolving

MOST_HEAD = 128 * 1024
"""Bytes: status and headers, and what comes of the body in the same piece."""


@attrs.frozen
class Ways:
    """How to get to other servers.

    :ivar seconds: that one attempt to connect may take.
    """

    reactor: Any
    resolving: Resolving
    certificates: Certificates
    seconds: float = 10


@implementer(IStreamClientEndpoint, IAgentEndpointFactory)
class Connection:
    """Connects once, to the addresses that were checked, however often the name is looked up
    elsewhere (DNS rebinding).

    :ivar ended_well: the other side has closed, as opposed to: the connection broke.
    """

    ended_well = False

    def __init__(self, ways: Ways, url: WebUrl) -> None:
        self._ways, self._url = ways, url
        self._wire: ProtocolWrapper | None = None
        self._allowance: int | None = MOST_HEAD

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        """See ``IAgentEndpointFactory``: this is the connection of one request."""
        return self

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """See ``IStreamClientEndpoint``.

        :raise BlockedAddress: nobody is to be sent there.
        :raise UpstreamUnreachable: there is no such name.
        """
        return Deferred.fromCoroutine(self._connected(protocolFactory))

    def head_is_complete(self) -> None:
        """From here on the reader limits what arrives."""
        self._allowance = None

    def abort(self) -> None:
        """End it at once, whatever the other side does. Idempotent."""
        if self._wire is not None:
            transport: Any = self._wire.transport
            transport.abortConnection()

    def arrived(self, count: int) -> None:
        """So many bytes; an endless head is cut."""
        if self._allowance is not None:
            self._allowance -= count
            if self._allowance < 0:
                self.abort()

    def lost(self, reason: Failure) -> None:
        """The connection is gone."""
        self.ended_well = reason.check(ConnectionDone) is not None
        self._wire = None

    async def _connected(self, factory: IProtocolFactory) -> IProtocol:
        found = await self._ways.resolving.addresses(self._url.host, self._url.port)
        wire: Any = await self._endpoint(found).connect(_Watching(self, factory))
        protocol: IProtocol = wire.wrappedProtocol
        self._wire = wire
        return protocol

    def _endpoint(self, found: Sequence[Found]) -> IStreamClientEndpoint:
        # The host is only for messages here: the addresses are known.
        plain = HostnameEndpoint(
            _Answered(self._ways.reactor, found), found[0].host, self._url.port, self._ways.seconds
        )
        if not self._url.secure:
            return plain
        return wrapClientTLS(self._ways.certificates.of(self._url.host), plain)


class _Watched(ProtocolWrapper):
    """Tells the connection what happens on it."""

    factory: _Watching

    def dataReceived(self, data: bytes) -> None:
        """Before anybody else."""
        self.factory.connection.arrived(len(data))
        super().dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Before anybody else."""
        self.factory.connection.lost(reason)
        super().connectionLost(reason)


class _Watching(WrappingFactory[_Watched]):
    protocol = _Watched

    def __init__(self, connection: Connection, factory: Any) -> None:
        super().__init__(factory)
        self.connection = connection


@implementer(IReactorPluggableNameResolver)
class _Answered:
    """A reactor for ``HostnameEndpoint`` in which every name has the same addresses."""

    def __init__(self, reactor: Any, found: Sequence[Found]) -> None:
        self.nameResolver: IHostnameResolver = _Known(found)
        self.connectTCP = reactor.connectTCP
        self.callLater = reactor.callLater
        self.seconds = reactor.seconds

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """The addresses stay.

        :raise NotImplementedError: always.
        """
        raise NotImplementedError


@implementer(IHostnameResolver)
class _Known:
    def __init__(self, found: Sequence[Found]) -> None:
        self._found = found

    def resolveHostName(
        self, resolutionReceiver: IResolutionReceiver, *_: object, **__: object
    ) -> Any:
        """Without asking anybody."""
        for each in self._found:
            resolutionReceiver.addressResolved(each)
        resolutionReceiver.resolutionComplete()
