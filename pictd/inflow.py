"""What has arrived and was not read yet: bounded, for whoever sends is held back."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer


class Inflow:
    """One reader at a time takes what arrives.

    :param most: bytes that may wait for the reader; where there are more, nothing is received
        until it comes.
    :param producer: who sends; paused and resumed.
    :param given_up: called where the reader is cancelled while it waits.
    """

    def __init__(
        self,
        most: int,
        producer: Callable[[], IPushProducer],
        given_up: Callable[[], None],
    ) -> None:
        self._most, self._producer, self._given_up = most, producer, given_up
        self._pieces: list[bytes] = []
        self._held = 0
        self._waiter: Deferred[None] | None = None

    @property
    def is_empty(self) -> bool:
        """There is nothing to take."""
        return not self._pieces

    def add(self, data: bytes) -> None:
        """This has arrived."""
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= self._most:
            self._producer().pauseProducing()
        self.wake()

    def clear(self) -> None:
        """Nobody is going to read what is there."""
        self._pieces.clear()

    def take(self, more: bool) -> bytes:
        """All that is there.

        :param more: is to come.
        """
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if more:
            self._producer().resumeProducing()
        return taken

    def news(self) -> Deferred[None]:
        """Fires at the next piece, or when it is woken."""
        self._waiter = Deferred(self._leave)
        return self._waiter

    def wake(self) -> None:
        """Have the reader look again."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            waiter.callback(None)

    def _leave(self, _: Deferred[None]) -> None:
        """Whoever waits is told by being cancelled."""
        self._waiter = None
        self._given_up()
