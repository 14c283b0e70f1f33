"""Working on several things at once, but not on all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from twisted.internet.defer import Deferred, DeferredList

T = TypeVar("T")


async def together(items: Sequence[T], work: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Work on each, in order, on so many at a time. A failure ends it: what has begun is finished,
    what has not is left, and then it is raised. Cancelling cancels what has begun."""
    waiting = list(reversed(items))

    async def go_on() -> None:
        try:
            while waiting:
                await work(waiting.pop())
        finally:
            waiting.clear()

    lines = [Deferred.fromCoroutine(go_on()) for _ in range(at_once)]
    for succeeded, outcome in await DeferredList(lines, consumeErrors=True):
        if not succeeded:
            outcome.raiseException()  # type: ignore[attr-defined]  # a Failure
