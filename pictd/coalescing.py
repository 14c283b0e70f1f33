"""One maker for each key, many waiters; and a short memory for failures. Both are of one process:
others, which know nothing of it, may make the same at the same time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd.errors import (
    AliasNotFound,
    BytesLost,
    Overloaded,
    PictdError,
    ProxyNotFound,
    RepoUnavailable,
    StoreUnavailable,
)

MOST_REMEMBERED = 1000
"""Failures; the oldest is forgotten first."""

T = TypeVar("T")

_PASSING = (
    AliasNotFound,
    BytesLost,
    Overloaded,
    ProxyNotFound,
    RepoUnavailable,
    StoreUnavailable,
)
"""Another upload of the same content ends the first two; a proxied URL that was removed while it
was looked for may be fetched again."""


class Coalescer(Generic[T]):
    """Runs at most one coroutine for each key at a time.

    A waiter that is cancelled stops waiting; the work goes on, for others may want its result. A
    failure is answered again without trying for a time (contract A7), unless it was one that passes
    by itself.

    :param remember: for how many seconds a failure is.
    :param joined: told of every waiter for work that somebody else has begun.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        remember: Callable[[PictdError], float],
        joined: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._remember = remember
        self._joined = joined
        self._waiting: dict[Hashable, list[Deferred[T]]] = {}
        self._work: set[Deferred[None]] = set()
        self._failed: OrderedDict[Hashable, tuple[float, PictdError]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> Deferred[T]:
        """The result of the work under this key, which is begun if nobody has begun it."""
        until, error = self._failed.get(key, (0.0, None))
        if error is not None and self._clock.seconds() < until:
            raise type(error)(str(error), **error.extra)
        waiter: Deferred[T] = Deferred(lambda gone: self._leave(key, gone))
        if key in self._waiting:
            self._waiting[key].append(waiter)
            self._joined()
            return waiter
        self._waiting[key] = [waiter]
        work = Deferred.fromCoroutine(make()).addBoth(self._settle, key)
        if not work.called:
            self._work.add(work)
            work.addBoth(lambda _: self._work.discard(work))
        return waiter

    def idle(self) -> Deferred[None]:
        """Fires when the work that is under way now has ended."""
        return gatherResults(list(self._work), consumeErrors=True).addCallback(lambda _: None)

    def _leave(self, key: Hashable, waiter: Deferred[T]) -> None:
        if waiter in self._waiting.get(key, ()):
            self._waiting[key].remove(waiter)

    def _settle(self, result: T | Failure, key: Hashable) -> None:
        waiters = self._waiting.pop(key)
        if isinstance(result, Failure):
            self._note_failure(key, result)
            if not waiters and not result.check(PictdError):
                self._log.failure("Work failed that nobody waited for any more", result)
        for waiter in waiters:
            if not waiter.called:  # one who is answered may turn the next one away
                waiter.callback(result)

    def _note_failure(self, key: Hashable, failure: Failure) -> None:
        error = failure.value
        if not isinstance(error, PictdError) or isinstance(error, _PASSING):
            return
        self._failed[key] = (self._clock.seconds() + self._remember(error), error)
        self._failed.move_to_end(key)
        while len(self._failed) > MOST_REMEMBERED:
            self._failed.popitem(last=False)
