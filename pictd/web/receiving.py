"""Request bodies on their way in, pulled by the handler.

How it works: the channel pushes what arrives; the handler pulls. More than ``_ENOUGH`` bytes that
nobody has pulled hold the client back. A body ends in one of four ways: it is whole, it is broken,
its client leaves, or nobody wants it any more and the rest is dropped.
"""

from __future__ import annotations

from typing import Protocol

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from pictd.errors import FileTooLarge, StreamTooSlow
from pictd.interfaces.stores import IByteStream

_ENOUGH = 256 * 1024


@attrs.frozen
class BodyLimits:
    """What a client may send.

    :ivar most: bytes of one body, its framing as a form included.
    :ivar receive: seconds in which a body, or each file of a form, must arrive.
    """

    most: int
    receive: float = 60.0


class Tap(Protocol):
    """Where a body flows from."""

    def hold_back(self) -> None:
        """Take no more from the client for now."""

    def let_flow(self) -> None:
        """Take more."""

    def give_up(self) -> None:
        """The client sends far too much: drop the connection."""


@implementer(IByteStream)
class RequestBody:
    """The body of one request.

    :ivar complete: nothing more is to come: it is whole, broken, or cut off.
    :ivar received: bytes that have come, read or not.
    """

    complete = True

    def __init__(self, tap: Tap, clock: IReactorTime, limits: BodyLimits) -> None:
        self._tap = tap
        self._clock = clock
        self._limits = limits
        self._pieces: list[bytes] = []
        self.received = self._held = self._announced = 0
        self._allowed: int | None = None
        self._waiting: Deferred[None] | None = None
        self._error: Exception | None = None
        self._deadline = 0.0

    # For the handler

    async def read(self) -> bytes:
        """The next piece; empty at the end.

        :raise StreamTooSlow: the receive limit has passed.
        :raise FileTooLarge: the body is, or says that it will be, longer than any upload may be.
        :raise BadForm: its transfer coding is broken.
        :raise CancelledError: the client has left.
        """
        if self._error is None and not self._pieces and not self.complete:
            await self._arrival()
        if self._error is not None:
            raise self._error
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._empty()
        return piece

    def restart_limit(self) -> None:
        """Give what comes now the whole of the receive limit."""
        self._deadline = self._clock.seconds() + self._limits.receive

    def close(self) -> None:
        """Drop what is there and what comes."""
        if self._allowed is None:
            self._allowed = self.received + self._limits.most
            self._empty()

    # For the channel

    @property
    def is_hopeless(self) -> bool:
        """So much is still to come, or so slowly, that waiting for the end of it is no use."""
        too_much = self._announced - self.received > self._limits.most
        return not self.complete and (too_much or self.is_late)

    @property
    def is_late(self) -> bool:
        """It did not arrive within the receive limit."""
        return isinstance(self._error, StreamTooSlow)

    def begin(self, length: int | None) -> None:
        """The head is there.

        :param length: bytes to come, None for unknown.
        """
        self._announced = length or 0
        self.complete = length == 0
        self.restart_limit()
        if self._announced > self._limits.most:
            self.fail(self._too_large(self._announced))

    def arrived(self, data: bytes) -> None:
        """Some of the body."""
        self.received += len(data)
        if self._allowed is not None:
            if self.received > self._allowed:
                self._tap.give_up()
            return
        if self._error is not None:
            return
        if self.received > self._limits.most:
            self.fail(self._too_large(self.received))
            return
        self._keep(data)

    def end(self) -> None:
        """The body is whole."""
        self.complete = True
        if self._held >= _ENOUGH:
            self._tap.let_flow()
        self._wake()

    def cut(self, error: Exception) -> None:
        """The rest will never come."""
        self.complete = True
        self.fail(error)

    def lost(self) -> None:
        """The client has left."""
        self.cut(CancelledError())

    def fail(self, error: Exception) -> None:
        """Nobody will read the rest, which is dropped when it comes. The first error counts."""
        if self._error is None:
            self._error = error
            self._empty()
            self._wake()

    def _keep(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._waiting is not None:
            self._wake()
        elif self._held >= _ENOUGH:
            self._tap.hold_back()

    def _empty(self) -> None:
        if self._held >= _ENOUGH:
            self._tap.let_flow()
        self._pieces, self._held = [], 0

    async def _arrival(self) -> None:
        left = max(self._deadline - self._clock.seconds(), 0)
        alarm = self._clock.callLater(left, self.fail, StreamTooSlow())
        self._waiting = Deferred()
        try:
            await self._waiting
        finally:
            self._waiting = None
            if alarm.active():
                alarm.cancel()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def _too_large(self, actual: int) -> FileTooLarge:
        return FileTooLarge(limit=self._limits.most, actual=actual)
