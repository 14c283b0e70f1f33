"""Waking the workers of this process when there is work for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from twisted.internet.defer import Deferred

from pictd.model.records import Queue


class Wakeups:
    """Those who wait for work, by queue. For the reactor's thread only."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Queue, set[Deferred[None]]] = defaultdict(set)

    def wait(self, queue: Queue) -> Deferred[None]:
        """Fires at the next ``wake``; it may be cancelled."""
        waiter: Deferred[None] = Deferred(self._waiting[queue].discard)
        self._waiting[queue].add(waiter)
        return waiter

    def wake(self, queues: Iterable[Queue]) -> None:
        """Fire all who wait for these queues now."""
        for queue in queues:
            waiters = self._waiting.pop(queue, set())
            while waiters:  # one who is woken may cancel the next, which then leaves the set
                waiters.pop().callback(None)
