"""Waiting for others: with an end, and so that it can be given up."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Never, TypeVar

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

T = TypeVar("T")


async def within(seconds: float, clock: IReactorTime, exchange: Coroutine[Any, Any, T]) -> T:
    """What the exchange comes to.

    :raise TimeoutError: nothing, in that time; whatever the exchange made of being cancelled.
    :raise CancelledError: the caller does not wait any more; likewise.
    """
    running = Deferred.fromCoroutine(exchange)
    running.addTimeout(seconds, clock, _too_late)
    return await _abandonable(running)


def _too_late(_: object, seconds: float) -> Never:
    raise TimeoutError(seconds)


def _abandonable(exchange: Deferred[T]) -> Deferred[T]:
    """The same, but that cancelling is told as such: a request tells what it was busy with."""

    def leave(waiter: Deferred[T]) -> None:
        waiter.errback(CancelledError())
        exchange.cancel()

    def settle(result: T | Failure) -> None:
        if not waiter.called:
            waiter.callback(result)

    waiter: Deferred[T] = Deferred(leave)
    exchange.addBoth(settle)
    return waiter
