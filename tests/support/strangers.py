"""Other people's servers, on loopback, that answer whatever a test likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_network
from typing import Any

from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from pictd.errors import PictdError
from pictd.metrics import Metrics
from pictd.remote.addresses import AddressRules
from pictd.remote.certificates import Certificates
from pictd.remote.client import HttpRemote, Pace
from pictd.remote.connections import Ways
from pictd.remote.errands import Errand, Outgoing
from pictd.remote.resolving import Resolving
from pictd.remote.turns import Turns
from tests.support.waiting import until

Answers = Callable[["Stranger", str], None]
"""What a server does about a request, given the target that was asked for."""


def answered(*parts: bytes, status: bytes = b"200 OK", headers: Sequence[bytes] = ()) -> bytes:
    """A whole answer whose body is announced by its length."""
    body = b"".join(parts)
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body)
    return b"\r\n".join(lines)


class Stranger(Protocol):
    """One connection to somebody's server.

    :ivar heard: the request.
    """

    transport: Any
    factory: Any

    def __init__(self) -> None:
        self.heard = b""

    def connectionMade(self) -> None:
        """Count it."""
        self.factory.site.guests.append(self)

    def dataReceived(self, data: bytes) -> None:
        """Act once the request is there."""
        self.heard += data
        if self.heard.endswith(b"\r\n\r\n"):
            site = self.factory.site
            site.requests.append(self.heard)
            site.answers(self, self.heard.split(b" ")[1].decode())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Count it."""
        self.factory.site.guests.remove(self)

    def say(self, data: bytes) -> None:
        """Answer, and leave the connection open."""
        self.transport.write(data)

    def end(self, data: bytes = b"") -> None:
        """Answer, and close."""
        self.transport.write(data)
        self.transport.loseConnection()

    def break_off(self) -> None:
        """Reset the connection."""
        self.transport.abortConnection()

    def pour(self, data: bytes) -> None:
        """Write it over and over, as fast as it is taken."""
        self.transport.registerProducer(_Well(self, data), False)


class _Well:
    """A pull producer that does not run dry."""

    def __init__(self, stranger: Stranger, data: bytes) -> None:
        self._stranger, self._data = stranger, data

    def resumeProducing(self) -> None:
        """More."""
        self._stranger.factory.site.poured += len(self._data)
        self._stranger.transport.write(self._data)

    def stopProducing(self) -> None:
        """The connection is gone."""


class Site:
    """A server of theirs.

    :ivar guests: the connections that are open.
    :ivar requests: the heads of all requests.
    :ivar poured: bytes written without end.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.guests: list[Stranger] = []
        self.requests: list[bytes] = []
        self.poured = 0
        factory: Any = Factory.forProtocol(Stranger)
        factory.site = self
        self.factory = factory


@implementer(IHostnameResolver)
class Names:
    """A resolver that knows what a test has told it.

    :ivar asked: every look-up.
    """

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self._known = {name: list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        *_: object,
        **__: object,
    ) -> Any:
        """Each time the next answer; the last one remains. An unknown name has no addresses."""
        self.asked.append(hostName)
        resolutionReceiver.resolutionBegan(self)  # type: ignore[arg-type]
        answers = self._known.get(hostName.partition(".")[0], [()])
        for each in answers.pop(0) if len(answers) > 1 else answers[0]:
            kind: Any = IPv6Address if ":" in each else IPv4Address
            resolutionReceiver.addressResolved(kind("TCP", each, portNumber))
        resolutionReceiver.resolutionComplete()


@implementer(IHostnameResolver)
class Silent:
    """A resolver that does not answer.

    :ivar receivers: of those who asked.
    """

    def __init__(self) -> None:
        self.receivers: list[IResolutionReceiver] = []

    def resolveHostName(
        self, resolutionReceiver: IResolutionReceiver, *_: object, **__: object
    ) -> Any:
        """Note who asks."""
        self.receivers.append(resolutionReceiver)


class RemoteTestCase(TestCase):
    """A test that downloads. It fails if anything is left of a connection, or of a turn."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor: Any = reactor
        self.names = Names()
        self.turns = Turns()
        self.metrics = Metrics()
        self.sites: list[Site] = []

    def site(self, answers: Answers, interface: str = "127.0.0.1", tls: Any = None) -> str:
        """The address of a server of theirs, with its port; it is the last of ``sites``."""
        site = Site(answers)
        self.sites.append(site)
        port: Any = (
            self.reactor.listenTCP(0, site.factory, interface=interface)
            if tls is None
            else self.reactor.listenSSL(0, site.factory, tls, interface=interface)
        )
        self.addCleanup(port.stopListening)
        self.addCleanup(self.until_left)
        return f"{interface}:{port.getHost().port}"

    def says(self, answer: bytes) -> str:
        """The URL of a file on a server that answers this to everything, and stays connected."""
        return f"http://{self.site(lambda stranger, _: stranger.say(answer))}/file"

    def remote(
        self,
        *,
        allowed: Sequence[str] = ("127.0.0.0/8",),
        pace: Pace | None = None,
        trust: Any = None,
        connecting: float = 5,
    ) -> HttpRemote:
        """The client."""
        rules = AddressRules([ip_network(each) for each in allowed])
        resolving = Resolving(self.names, rules)
        ways = Ways(self.reactor, resolving, Certificates(trust), connecting)
        outgoing = Outgoing(Errand.DOWNLOAD, self.reactor, self.metrics)
        return HttpRemote(ways, pace or Pace(10), self.turns, outgoing)

    async def got(
        self, url: str, limit: int = 1_000_000, remote: HttpRemote | None = None
    ) -> bytes:
        """Everything."""
        stream = await (remote or self.remote()).fetch(url, limit)
        pieces = []
        try:
            while piece := await stream.read():
                pieces.append(piece)
        finally:
            stream.close()
        return b"".join(pieces)

    async def assert_fails(
        self, kind: type[PictdError], url: str, limit: int = 1_000_000, **settings: Any
    ) -> Any:
        """Downloading ends in this error, which is returned, and whose text tells no address."""
        with self.assertRaises(kind) as caught:
            await self.got(url, limit, self.remote(**settings))
        self.assertNotIn("127.0.0", str(caught.exception))
        return caught.exception

    async def until_left(self) -> None:
        """Wait until no connection is open; by then nobody is counted as busy either."""

        async def left() -> bool:
            return not any(site.guests for site in self.sites)

        await until(left, 5, lambda: [site.guests for site in self.sites])
        self.assertEqual(self.turns.hosts, 0)
