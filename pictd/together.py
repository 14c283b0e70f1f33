"""Working on several things at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from twisted.internet.defer import Deferred, DeferredList, FirstError, gatherResults

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


async def all_or_none(works: Sequence[Deferred[None]]) -> None:
    """Wait for the end of all. The first failure, or cancelling, ends all that is under way."""
    try:
        await gatherResults(works, consumeErrors=True)
    except FirstError as error:
        error.subFailure.raiseException()
    finally:
        for work in works:
            work.cancel()
