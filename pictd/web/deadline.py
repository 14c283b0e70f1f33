"""The request's own deadline (spec http-api §2.11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from pictd.errors import BadDeadline, RequestTimeout
from pictd.model.times import SECOND, from_seconds

T = TypeVar("T")

_VISIBLE = re.compile(rb"[\t\x20-\x7e]*")
_INTEGER = re.compile(rb"[+-]?[0-9]{1,200}")
_I128 = 2**127
_EARLIEST = -377705116800 * SECOND
_END = 253402300800 * SECOND


def parse_deadline(value: bytes | None) -> int | None:
    """Nanoseconds since the epoch; None: there is no deadline.

    :param value: the first ``X-Request-Deadline`` header.
    :raise BadDeadline: not an integer, or outside the years -9999 to 9999.
    """
    if value is None:
        return None
    if not _VISIBLE.fullmatch(value):
        raise BadDeadline("Invalid header string")
    moment = int(value) if _INTEGER.fullmatch(value) else _I128
    if not -_I128 <= moment < _I128:
        raise BadDeadline("Invalid deadline format")
    if not _EARLIEST <= moment < _END:
        raise BadDeadline("Invalid deadline timestmap")
    return moment


def _never() -> bool:
    return False


async def within(
    deadline: int | None,
    clock: IReactorTime,
    work: Coroutine[Deferred[Any], Any, T],
    is_answered: Callable[[], bool] = _never,
) -> T:
    """Run ``work``, but no longer than to the deadline. What ends without waiting is never late.

    :param deadline: nanoseconds since the epoch.
    :param is_answered: whether the work has done by then what the deadline is set for; then it may
        go on.
    :raise RequestTimeout: the deadline passed; the work was cancelled.
    """
    if deadline is None:
        return await work
    result = Deferred.fromCoroutine(work)
    if result.called:
        return await result
    left = (deadline - from_seconds(clock.seconds())) / SECOND
    return await _Limit(result, is_answered).outcome(max(left, 0), clock)


class _Limit(Generic[T]):
    """Cancels work that is late, and tells that from any other end.

    Work is cancelled once: clients leave when their deadline has passed, and what late work has to
    undo must not be cut off by that.
    """

    def __init__(self, work: Deferred[T], is_answered: Callable[[], bool]) -> None:
        self._work = work
        self._is_answered = is_answered
        self._timer: IDelayedCall | None = None
        self._was_late = False
        self._waiter: Deferred[T] = Deferred(self._leave)

    def outcome(self, seconds: float, clock: IReactorTime) -> Deferred[T]:
        """That of the work, which has so much time."""
        self._work.addBoth(self._end)
        if seconds:
            self._timer = clock.callLater(seconds, self._pass)
        else:
            self._pass()
        return self._waiter

    def _pass(self) -> None:
        self._timer = None
        self._was_late = not self._is_answered()
        if self._was_late:
            self._work.cancel()

    def _leave(self, _: Deferred[T]) -> None:
        self._stop_timer()
        if not self._was_late:
            self._work.cancel()

    def _end(self, outcome: T | Failure) -> T | Failure | None:
        """Only the end by cancellation is a timeout; what the work made of it otherwise stays."""
        self._stop_timer()
        is_cancelled = isinstance(outcome, Failure) and bool(outcome.check(CancelledError))
        if self._waiter.called:
            return None if is_cancelled else outcome
        if is_cancelled and self._was_late:
            outcome = Failure(RequestTimeout())
        self._waiter.callback(outcome)
        return None

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
