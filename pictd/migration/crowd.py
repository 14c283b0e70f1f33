"""Much of the same work, some of it at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, DeferredLock

from pictd.together import all_or_none

T = TypeVar("T")


async def for_each(
    pages: AsyncIterator[Sequence[T]], work: Callable[[T], Coroutine[Any, Any, None]], most: int
) -> None:
    """Work on everything. The first failure, or cancelling, ends all that is under way.

    :param most: pieces at a time; a piece takes its turn when another is done, and a page is asked
        for when the one before has run out.
    """
    feed = _Feed(pages)
    await all_or_none([Deferred.fromCoroutine(_work_through(feed, work)) for _ in range(most)])


async def _work_through(feed: _Feed[T], work: Callable[[T], Coroutine[Any, Any, None]]) -> None:
    while not await feed.is_over():
        await work(feed.take())


class _Feed(Generic[T]):
    """Pages, piece by piece, for many."""

    def __init__(self, pages: AsyncIterator[Sequence[T]]) -> None:
        self._pages = pages
        self._left: deque[T] = deque()
        self._lock = DeferredLock()
        self._ended = False

    async def is_over(self) -> bool:
        """False: there is something to take, by whoever asked."""
        while not self._left and not self._ended:
            await self._lock.acquire()
            try:
                await self._fill()
            finally:
                self._lock.release()
        return not self._left

    def take(self) -> T:
        """The next piece."""
        return self._left.popleft()

    async def _fill(self) -> None:
        if self._left or self._ended:
            return  # somebody else did it
        try:
            self._left.extend(await anext(self._pages))
        except StopAsyncIteration:
            self._ended = True
