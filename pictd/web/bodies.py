"""Answers on their way out."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IByteStream
from pictd.web.request import PictdRequest


async def send_stream(request: PictdRequest, stream: IByteStream) -> None:
    """Write a body, close its stream, and finish the request.

    The status and the headers, ``content-length`` with them, were set before. Where
    the stream breaks off once something is written, the connection is broken off too.

    :raise StoreUnavailable: the stream gives less or more than that length, or fails.
    :raise CancelledError: the client has left.
    """
    length = int(request.responseHeaders.getRawHeaders(b"content-length", [b"0"])[0])
    try:
        if request.method != b"HEAD" and length:
            await _send(request, stream, length)
    finally:
        stream.close()
    request.finish()


async def _send(request: PictdRequest, stream: IByteStream, length: int) -> None:
    piece = await _read(stream, length)
    if request.has_left:
        raise CancelledError()
    if len(piece) == length:
        request.write(piece)
        return
    flow = _Flow()
    request.registerProducer(flow, True)
    try:
        await _pump(request, stream, length, flow, piece)
    except BaseException:
        request.abort()
        raise
    finally:
        request.unregisterProducer()


async def _pump(
    request: PictdRequest, stream: IByteStream, left: int, flow: _Flow, piece: bytes
) -> None:
    """Each piece is read while the one before is on its way."""
    request.write(piece)
    left -= len(piece)
    while left:
        piece = await _read(stream, left)
        await flow.opened()
        request.write(piece)
        left -= len(piece)


async def _read(stream: IByteStream, most: int) -> bytes:
    piece = await stream.read()
    if not 0 < len(piece) <= most:
        raise StoreUnavailable(f"a stored file gave {len(piece)} bytes where {most} were left")
    return piece


@implementer(IPushProducer)
class _Flow:
    """Whether the client takes more."""

    def __init__(self) -> None:
        self._paused = self._stopped = False
        self._waiting: Deferred[None] | None = None

    async def opened(self) -> None:
        """Wait until it does.

        :raise CancelledError: it never will.
        """
        if self._paused and not self._stopped:
            self._waiting = Deferred()
            await self._waiting
        if self._stopped:
            raise CancelledError()

    def pauseProducing(self) -> None:
        """The client is slow."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has taken everything."""
        self._paused = False
        self._wake()

    def stopProducing(self) -> None:
        """The client has left."""
        self._stopped = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)
