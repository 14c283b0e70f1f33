"""A bounded number of places, and a bounded queue in front of them."""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from pictd.errors import Overloaded


class Gate:
    """Lets ``places`` in at a time; first come, first served.

    :param places: at least one.
    :param queue: how many may wait; more are turned away.
    :param patience: seconds that one may wait.
    """

    def __init__(self, clock: IReactorTime, places: int, queue: int, patience: float = 60) -> None:
        self._clock = clock
        self._places = self._free = places
        self._queue, self._patience = queue, patience
        self._waiting: deque[Deferred[None]] = deque()
        self._closed: Exception | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def inside(self) -> int:
        """How many are in."""
        return self._places - self._free

    async def enter(self) -> None:
        """Return once inside; who got in calls ``leave`` once. Cancelling gives up the wait.

        :raise Overloaded: the queue is full, or the wait too long.
        """
        if self._closed is not None:
            raise self._closed
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._queue:
            raise Overloaded()
        waiter: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiter)
        waiter.addTimeout(self._patience, self._clock, _too_long)
        await waiter

    def leave(self) -> None:
        """Free a place, and let the next one in."""
        if self._waiting:
            self._waiting.popleft().callback(None)
        else:
            self._free += 1

    def close(self, cause: Exception) -> None:
        """Turn away all who wait, and all who come."""
        self._closed = cause
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            each.errback(cause)


def _too_long(result: object, seconds: float) -> None:
    raise Overloaded()
