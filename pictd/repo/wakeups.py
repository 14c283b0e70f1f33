"""Waking those of this process who wait for something to happen in the repo."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from twisted.internet.defer import Deferred

from pictd.model.records import Queue

Topic = Queue | str
"""What one may wait for: work in a queue, news of the queued upload with this id, or the end of a
claim of this key."""


class Wakeups:
    """Those who wait, by topic. For the reactor's thread only."""

    def __init__(self) -> None:
        self._waiting: dict[Topic, set[Deferred[None]]] = {}

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody waits for anything."""
        return bool(self._waiting)

    def wait(self, topic: Topic) -> Deferred[None]:
        """Fires at the next ``wake``; it may be cancelled."""
        waiters = self._waiting.setdefault(topic, set())
        waiter: Deferred[None] = Deferred(partial(self._leave, topic, waiters))
        waiters.add(waiter)
        return waiter

    def wake(self, topics: Iterable[Topic]) -> None:
        """Fire all who wait for these topics now."""
        for topic in topics:
            waiters = self._waiting.pop(topic, set())
            while waiters:  # one who is woken may cancel the next, which then leaves the set
                waiters.pop().callback(None)

    def wake_all(self) -> None:
        """Fire all who wait for anything."""
        self.wake(list(self._waiting))

    def _leave(self, topic: Topic, waiters: set[Deferred[None]], waiter: Deferred[None]) -> None:
        waiters.discard(waiter)
        if not waiters and self._waiting.get(topic) is waiters:
            del self._waiting[topic]  # there is no end to ids and keys
