"""Look-ups that every request makes: while one query is under way, the next one gathers.

A query for twenty keys costs the server, and this process, little more than one for a single key.
What is asked for is looked up after it was asked for, so nobody sees an older state than with a
query of his own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from pictd.errors import RepoUnavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Waiters = Mapping[K, Iterable[Deferred[V | None]]]

SLOW = 0.05
"""Seconds after which a query no longer holds up the next one."""

MOST_KEYS = 100
"""Of one query."""

MOST_WAITING = 5000
"""Keys that no query asks for yet; beyond, callers are refused."""


class Gathering(Generic[K, V]):
    """One kind of look-up.

    :param ask: one query for several keys; what it does not find is not in its answer.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[K]], Coroutine[Any, Any, Mapping[K, V]]],
        clock: IReactorTime,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._waiting: dict[K, set[Deferred[V | None]]] = {}
        self._is_held_up = False

    def find(self, key: K) -> Deferred[V | None]:
        """What there is under the key.

        :raise RepoUnavailable: too much waits for the database; and whatever the query raises.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise RepoUnavailable("The database is too slow: too many requests are waiting for it")
        waiter: Deferred[V | None] = Deferred(partial(self._leave, key))
        self._waiting.setdefault(key, set()).add(waiter)
        self._go_on()
        return waiter

    def _leave(self, key: K, waiter: Deferred[V | None]) -> None:
        """Where nobody waits for it any more, it is not asked for."""
        waiters = self._waiting.get(key, set())
        waiters.discard(waiter)
        if not waiters:
            self._waiting.pop(key, None)

    def _go_on(self) -> None:
        if not self._waiting or self._is_held_up:
            return
        keys = list(islice(self._waiting, MOST_KEYS))
        asked = {key: self._waiting.pop(key) for key in keys}
        self._is_held_up = True
        slow = self._clock.callLater(SLOW, self._let_next)
        Deferred.fromCoroutine(self._ask(keys)).addBoth(self._answer, asked, slow)

    def _let_next(self) -> None:
        self._is_held_up = False
        self._go_on()

    def _answer(
        self, outcome: Mapping[K, V] | Failure, asked: Waiters[K, V], slow: IDelayedCall
    ) -> None:
        if slow.active():
            slow.cancel()
            self._let_next()
        for key, waiters in asked.items():
            found = outcome if isinstance(outcome, Failure) else outcome.get(key)
            for waiter in waiters:
                if not waiter.called:  # one who is answered may turn the next one away
                    waiter.callback(found)
