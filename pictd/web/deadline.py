"""The request's own deadline (spec http-api §2.11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import attrs
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
    if not result.called:
        left = (deadline - from_seconds(clock.seconds())) / SECOND
        _Limit(result, is_answered).begin(max(left, 0), clock)
    return await result


@attrs.define
class _Limit:
    """Cancels work that is late, and tells that from any other end."""

    work: Deferred[Any]
    is_answered: Callable[[], bool]
    timer: IDelayedCall | None = None
    was_late: bool = False

    def begin(self, seconds: float, clock: IReactorTime) -> None:
        """Allow for that much time."""
        self.work.addBoth(self._end)
        if seconds:
            self.timer = clock.callLater(seconds, self._pass)
        else:
            self._pass()

    def _pass(self) -> None:
        self.timer = None
        self.was_late = not self.is_answered()
        if self.was_late:
            self.work.cancel()

    def _end(self, outcome: T) -> T:
        """Only the end by cancellation is a timeout; what the work made of it otherwise stays."""
        if self.timer is not None:
            self.timer.cancel()
        if self.was_late and isinstance(outcome, Failure) and outcome.check(CancelledError):
            raise RequestTimeout()
        return outcome
