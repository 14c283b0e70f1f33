"""How many may be busy with one server at a time."""

from __future__ import annotations

from collections import deque

import attrs
from twisted.internet.defer import Deferred

from pictd.errors import Overloaded

PER_HOST = 6
"""As browsers have it."""
QUEUE = 100


@attrs.define
class _Host:
    busy: int = 0
    waiting: deque[Deferred[None]] = attrs.field(factory=deque)


class Turns:
    """Lets a few of this process in per host, first come, first served. It keeps nothing of hosts
    that nobody is busy with.

    :param places: how many are busy with one host.
    :param queue: how many may wait for one host.
    """

    def __init__(self, places: int = PER_HOST, queue: int = QUEUE) -> None:
        self._places, self._queue = places, queue
        self._hosts: dict[str, _Host] = {}

    @property
    def hosts(self) -> int:
        """How many hosts somebody is busy with."""
        return len(self._hosts)

    async def take(self, host: str) -> None:
        """Return when it is one's turn; who had it calls ``leave`` once. Cancelling gives up.

        :raise Overloaded: too many are waiting.
        """
        here = self._hosts.setdefault(host, _Host())
        if here.busy < self._places:
            here.busy += 1
            return
        if len(here.waiting) >= self._queue:
            raise Overloaded("Too many downloads from this server are waiting")
        waiter: Deferred[None] = Deferred(here.waiting.remove)
        here.waiting.append(waiter)
        await waiter

    def leave(self, host: str) -> None:
        """Let the next one in."""
        here = self._hosts[host]
        if here.waiting:
            here.waiting.popleft().callback(None)
            return
        here.busy -= 1
        if not here.busy:
            del self._hosts[host]
