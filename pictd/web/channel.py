"""One connection: a request begins with its head, and the connection outlives its body.

How it works: Twisted's ``HTTPChannel`` begins a request when its body is complete. Here a request
with a body begins at the end of its head; the body is parsed as before, into ``request.body``. A
request may therefore be answered before its body has arrived: then the channel goes on dropping
the rest, and only at the end of that turns to the next request, or closes.

One timer serves all waits on the client: for a head to begin and to end (else 408), and for the
client to take what was written. Twisted's idle timer would end slow but moving downloads, and be
put off by every byte of a slow head.
"""

from __future__ import annotations

import struct
import termios
from fcntl import ioctl
from http import HTTPStatus
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, datetimeToString
from twisted.web.http_headers import Headers

from pictd.errors import BadForm

HEAD_SECONDS = 5
"""How long a head may take, and a connection be idle."""

_HEAD_BYTES = 131072
_HEAD_LINES = 96
_DRAIN_SECONDS = 120.0
_LAST_WORD_SECONDS = 3.0
"""How long a client that goes on sending may take to read why nobody listens any more."""
_STALL_SECONDS = 60.0
_BODY_READ = 256 * 1024
"""Bytes taken from the socket at once while a body comes: each turn of the reactor costs."""


class Channel(HTTPChannel):
    """The server's side of one HTTP/1 connection (spec http-api §2.1, §2.17)."""

    maxHeaders = _HEAD_LINES
    totalHeadersSize = _HEAD_BYTES
    MAX_LENGTH = _HEAD_BYTES

    transport: Any = None
    site: Any = None

    _began = False
    _in_body = False
    _closing = False
    _gone = False
    _deaf = False
    _held_back = False
    _drained: Any = None
    _patience: IDelayedCall | None = None
    _unsent_before = -1
    _moved_at = 0.0

    # Its life

    def connectionMade(self) -> None:
        super().connectionMade()
        self.site.opened(self)

    def wind_down(self) -> None:
        """Answer what was asked for, then close."""
        self.persistent = 0
        if self._drained is not None:
            self._end_within(_LAST_WORD_SECONDS)
        elif not self.requests:
            self.loseConnection()

    def checkPersistence(self, request: Any, version: bytes) -> bool:
        return not self.site.is_closing and bool(super().checkPersistence(request, version))

    # Heads

    def dataReceived(self, data: bytes) -> None:
        if self.line_mode and not self._began:
            self._began = True
            self.setTimeout(HEAD_SECONDS)
        LineReceiver.dataReceived(self, data)

    def lineLengthExceeded(self, line: bytes) -> None:
        self._refuse(431)

    def allHeadersReceived(self) -> None:
        self._began = False
        self._watch_client()
        super().allHeadersReceived()
        if self.length != 0:
            self._in_body = True
            self.transport.bufferSize = _BODY_READ
            self.requests[-1].begin(self._command, self._path, self._version)

    # Bodies

    def rawDataReceived(self, data: bytes) -> None:
        if not self._deaf:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        self._in_body = False
        self.transport.bufferSize = FileDescriptor.bufferSize
        super().allContentReceived()
        if self._handlingRequest:
            self._watch_client()
        self._end_of_drain()

    def requestDone(self, request: Any) -> None:
        if not request.body.complete:
            self._drained = request
            hurry = request.body.is_late or self.site.is_closing
            self._end_within(_LAST_WORD_SECONDS if hurry else _DRAIN_SECONDS)
            request.body.close()
            return
        self._held_back = False
        self._await_client()
        super().requestDone(request)

    def hold_back(self) -> None:
        """Take no more from the client for now."""
        self._held_back = True
        self._networkProducer.pauseProducing()

    def let_flow(self) -> None:
        """Take more."""
        self._held_back = False
        if not self._waitingForTransport:
            self._networkProducer.resumeProducing()

    def give_up(self) -> None:
        """Drop the connection: the client sends what nobody wants."""
        if not self._gone:
            self.transport.abortConnection()

    def _end_of_drain(self) -> None:
        request, self._drained = self._drained, None
        if request is not None:
            self._cancel_patience()
            self.requestDone(request)

    def _end_within(self, seconds: float) -> None:
        self._cancel_patience()
        self._patience = self.callLater(seconds, self.give_up)

    def _cancel_patience(self) -> None:
        patience, self._patience = self._patience, None
        if patience is not None and patience.active():
            patience.cancel()

    # What the client sends wrong

    def _respondToBadRequestAndDisconnect(self) -> None:
        if self._in_body:
            self._break_body()
        elif self._receivedHeaderCount > _HEAD_LINES or self._receivedHeaderSize > _HEAD_BYTES:
            self._refuse(431)
        else:
            self._refuse(400)

    def _break_body(self) -> None:
        """The chunked coding is broken: nothing more can be understood on this connection."""
        self._deaf, self.persistent = True, 0
        self.requests[0].announce_close()
        self.requests[0].body.cut(BadForm("The chunked transfer coding is malformed"))
        self._end_of_drain()

    def _refuse(self, status: int) -> None:
        head = b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\ndate: %b\r\n\r\n"
        reason = HTTPStatus(status).phrase.encode()
        self.transport.write(head % (status, reason, datetimeToString()))
        self.loseConnection()

    # Waiting for the client

    def timeoutConnection(self) -> None:
        if self._unsent() or (self._closing and self._unacknowledged()):
            self._await_progress()
        elif self._closing:
            self.transport.abortConnection()
        elif self._in_body or self._handlingRequest:
            return
        elif self.requests or self._buffer:
            self._refuse(408)
        else:
            self.loseConnection()

    def pauseProducing(self) -> None:
        super().pauseProducing()
        self._await_client()

    def resumeProducing(self) -> None:
        super().resumeProducing()
        if self._held_back:
            self._networkProducer.pauseProducing()

    def loseConnection(self) -> None:
        if not self._gone:
            self._closing = True
            self._await_client()
            super().loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._gone = True
        self.site.closed(self)
        self._cancel_patience()
        super().connectionLost(reason)

    def _await_client(self) -> None:
        self._unsent_before = -1
        self.setTimeout(HEAD_SECONDS)

    def _watch_client(self) -> None:
        """Between heads, time counts only while the client has bytes to take."""
        self.setTimeout(HEAD_SECONDS if self._waitingForTransport else None)

    def _await_progress(self) -> None:
        """Go on waiting as long as something is taken every ``_STALL_SECONDS``."""
        now, unsent = self.factory.reactor.seconds(), self._unsent() + self._unacknowledged()
        if unsent != self._unsent_before:
            self._unsent_before, self._moved_at = unsent, now
        if now - self._moved_at >= _STALL_SECONDS:
            self.transport.abortConnection()
        else:
            self.setTimeout(HEAD_SECONDS)

    def _unsent(self) -> int:
        """Bytes that wait in this process."""
        transport = self._socket_transport()
        if not hasattr(transport, "dataBuffer"):
            return 0
        return int(len(transport.dataBuffer) - transport.offset + transport._tempDataLen)

    def _unacknowledged(self) -> int:
        """Bytes that wait in the kernel; they become fewer with everything that the client takes,
        long before the kernel has room for more."""
        try:
            answer = ioctl(self._socket_transport().fileno(), termios.TIOCOUTQ, bytes(4))
        except (OSError, ValueError, AttributeError):
            return 0
        return int(struct.unpack("i", answer)[0])

    def _socket_transport(self) -> Any:
        """What is below TLS, where there is TLS."""
        transport = self.transport
        while not hasattr(transport, "dataBuffer") and hasattr(transport, "transport"):
            transport = transport.transport
        return transport

    # Answers

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        lines = [version + b" " + code + b" " + reason]
        for name, values in headers.getAllRawHeaders():
            lines += [name.lower() + b": " + value for value in values]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n")
