"""A request whose handler runs when its head is there; its answer gets a length by itself."""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure
from twisted.web.http import NO_BODY_CODES, datetimeToString
from twisted.web.server import Request

from pictd.errors import InvalidJson
from pictd.web.channel import Channel
from pictd.web.failures import Problem, problem
from pictd.web.receiving import RequestBody
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
