"""The HTTP server under the routes: requests begin when their head is there, not their body.

How it works: ``PictdSite(resource, clock, limits)`` is a ``Site`` over a Klein resource (or any
leaf). The resource is rendered as soon as a request's head has arrived; the body is then pulled:

- ``await request.body.read()`` gives the next piece, and ``b""`` at the end (``request.body`` is an
  ``IByteStream``). While nobody reads, the client is held back after 256 KiB.
- ``await request.read_all(limit)`` gives a small body whole.
- ``await forms.next_file()`` (``pictd.web.forms``) gives the files of a multipart body in turn:
  ``forms = Forms(request, most_files, most_bytes)``; each file is an ``IByteStream`` with a
  ``filename``; None at the end. Malformed forms raise ``BadForm`` from whichever read meets it.

``read`` raises ``StreamTooSlow`` when the body (each file of a form) takes longer than the receive
limit, ``FileTooLarge`` before the first byte when the announced body is absurd, ``BadForm`` when
its chunked coding is broken, and ``CancelledError`` when the client has left. A handler that
answers without reading loses nothing: the rest is discarded in the background.

``request.path`` is canonical: slashes collapsed, everything decoded but ``%2F %25 %2B``. A route's
placeholder is finished by ``targets.placeholder``. ``request.query`` is the raw query string, and
``request.first(b"name")`` the first header of a name. A body written in one piece gets its
``content-length`` by itself; so do empty answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.http import NO_BODY_CODES, datetimeToString
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from pictd.errors import InvalidJson
from pictd.web.channel import HEAD_SECONDS, Channel
from pictd.web.failures import Problem, problem
from pictd.web.receiving import BodyLimits, RequestBody
from pictd.web.targets import BadTarget, split_target


class PictdRequest(Request):
    """A request whose handler runs as soon as the head is there.

    :ivar body: what the client sends, to be pulled.
    :ivar path: canonical.
    :ivar query: the raw query string, without its question mark.
    :ivar deadline: nanoseconds since the epoch, where the client has set one.
    :ivar route: pattern of the route that it matched.
    """

    defaultContentType = None
    channel: Any
    site: Any = None
    path = b""
    query = b""
    deadline: int | None = None
    route: str | None = None
    _began = 0.0
    _has_ended = False
    _first_piece: bytes | None = None

    def __init__(self, channel: Channel, queued: object = False) -> None:
        super().__init__(channel, parsePOSTFormSubmission=False)
        self.args = {}
        self.body = RequestBody(channel, channel.site.reactor, channel.site.limits)

    # For handlers

    def first(self, name: bytes) -> bytes | None:
        """The first header of that name, without blanks around it."""
        values = self.requestHeaders.getRawHeaders(name)
        return values[0] if values else None

    async def read_all(self, limit: int) -> bytes:
        """The whole body.

        :param limit: bytes.
        :raise InvalidJson: it is longer.
        :raise StreamTooSlow: and whatever else ``RequestBody.read`` raises.
        """
        announced = int(self.first(b"content-length") or 0)
        if announced > limit:
            size = f"({announced} bytes) is larger than allowed (limit: {limit} bytes)."
            raise InvalidJson(f"JSON payload {size}", limit=limit, actual=announced)
        pieces, received = [], 0
        while piece := await self.body.read():
            received += len(piece)
            if received > limit:
                raise InvalidJson(f"JSON payload has exceeded limit ({limit} bytes).", limit=limit)
            pieces.append(piece)
        return b"".join(pieces)

    def refuse(self, answer: Problem) -> bytes:
        """Set the status and headers of a problem; what is to be written is returned."""
        self.setResponseCode(answer.status)
        for name, value in answer.headers:
            self.setHeader(name, value)
        return answer.body

    @property
    def is_answered(self) -> bool:
        """The head of the answer is written, and stands."""
        return bool(self.startedWriting or self.finished)

    @property
    def has_left(self) -> bool:
        """The client is gone; what is written goes nowhere."""
        return bool(self._disconnected)

    @property
    def seconds(self) -> float:
        """Since the head was there."""
        return float(self.site.reactor.seconds() - self._began)

    def abort(self) -> None:
        """Break the connection off, so that a body cut short is not taken for a whole one."""
        if self.channel is not None:
            self.channel.give_up()

    def unregisterProducer(self) -> None:
        """Also after the client has left."""
        if self.has_left:
            self.producer = None
        else:
            super().unregisterProducer()

    # For the channel

    def parseCookies(self) -> None:
        """No route reads them."""

    def gotLength(self, length: int | None) -> None:
        self.body.begin(length)

    def handleContentChunk(self, data: bytes) -> None:
        self.body.arrived(data)

    def begin(self, command: bytes, target: bytes, version: bytes) -> None:
        """The head is complete."""
        self.method, self.uri, self.clientproto = command, target, version
        self.process()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self.body.complete:
            self.begin(command, path, version)
        else:
            self.body.end()

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        self.body.lost()
        self._tell_end()

    def announce_close(self) -> None:
        """This answer is the last on its connection."""
        self.setHeader(b"connection", b"close")

    # Routing

    def getRequestHostname(self) -> bytes:
        """Routes are the same under every name, and names may be no names."""
        return b"pictd"

    def process(self) -> None:
        self.site = self.channel.site
        self._began = self.site.reactor.seconds()
        self.setHeader(b"date", datetimeToString())
        self._route()
        # Only now the route is known; the answer may have come already.
        for watch in self.site.watches:
            watch.begun(self)

    def _route(self) -> None:
        try:
            self.path, self.query = split_target(self.uri)
            self.prepath, self.postpath = [], self.path[1:].split(b"/")
            self.render(self.site.getResourceFor(self))
        except BadTarget:
            self.setResponseCode(400)
            self.finish()
        except Exception:
            self.processingFailed(Failure())

    def processingFailed(self, reason: Failure) -> Failure:
        answer = problem(reason)
        if self.startedWriting:
            self.abort()
        elif not self._disconnected:
            self.write(self.refuse(answer))
            self.finish()
        return reason

    # Answers

    def write(self, data: bytes) -> None:
        """The first piece waits for the second or for the end, whichever tells the length."""
        if self.startedWriting or self.responseHeaders.hasHeader(b"content-length"):
            self._send(data)
        elif self._first_piece is None:
            self._first_piece = data
        else:
            self._send(self._first_piece)
            super().write(data)

    def finish(self) -> None:
        if self._disconnected:
            return
        if not self.startedWriting:
            body, self._first_piece = self._first_piece or b"", None
            if self.code not in NO_BODY_CODES and not self.responseHeaders.hasHeader(
                b"content-length"
            ):
                self.setHeader(b"content-length", b"%d" % len(body))
            self._send(body)
        self._tell_end()
        super().finish()

    def _tell_end(self) -> None:
        """Once, and not of a request whose head never came."""
        if self.site is None or self._has_ended:
            return
        self._has_ended = True
        for watch in self.site.watches:
            watch.ended(self)

    def _send(self, data: bytes) -> None:
        if self.body.is_hopeless and self.channel is not None:
            self.channel.persistent = 0
        if self.channel is not None and not self.channel.persistent:
            self.announce_close()
        super().write(data)


class Watch(Protocol):
    """Looks on at every request; whatever it does takes time from all of them."""

    def begun(self, request: PictdRequest) -> None:
        """It was routed; it may have been answered before."""

    def ended(self, request: PictdRequest) -> None:
        """Its answer is handed to the connection whole, or its client has left."""


class PictdSite(Site):
    """Serves one resource over HTTP/1.

    :ivar limits: of request bodies.
    :ivar watches: those who look on.
    :ivar channels: the connections.
    :ivar is_closing: each connection ends with the answer at hand.
    """

    noisy = False
    protocol: Any = Channel
    requestFactory: Any = PictdRequest

    def __init__(
        self,
        resource: IResource,
        clock: IReactorTime,
        limits: BodyLimits,
        watches: Sequence[Watch] = (),
    ) -> None:
        super().__init__(
            resource, timeout=HEAD_SECONDS, reactor=clock, parsePOSTFormSubmission=False
        )
        self.limits = limits
        self.watches = watches
        self.channels: set[Channel] = set()
        self.is_closing = False
        self._empty: Deferred[None] = Deferred()

    def wind_down(self) -> Deferred[None]:
        """Close every connection once what was asked on it is answered, and the client has taken
        the answer. To be called once; fires when none is left."""
        self.is_closing = True
        for channel in list(self.channels):
            channel.wind_down()
        self._tell_if_empty()
        return self._empty

    def opened(self, channel: Channel) -> None:
        """A client has come."""
        self.channels.add(channel)

    def closed(self, channel: Channel) -> None:
        """The connection is gone."""
        self.channels.discard(channel)
        self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if self.is_closing and not self.channels and not self._empty.called:
            self._empty.callback(None)

    def startFactory(self) -> None:
        """No access log, and no clock that ticks for it."""

    def stopFactory(self) -> None:
        """There is nothing to stop."""

    def log(self, request: object) -> None:
        """Those who look on do that."""

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS may negotiate. The bodies of HTTP/2 in Twisted can't be pulled."""
        return [b"http/1.1"]
