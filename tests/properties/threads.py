"""Threads that a test waits for: what works in them is done when the call returns."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from queue import SimpleQueue
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.python.failure import Failure
from zope.interface import implementer

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that a step in a thread may take."""


@implementer(IReactorThreads)
class AwaitedThreads:
    """The threads' side of a reactor, without a loop."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns, which waits for threads alone."""
        outcome: list[Any] = []
        Deferred.fromCoroutine(work).addBoth(outcome.append)
        while not outcome:
            self._calls.get(timeout=PATIENCE)()
        (result,) = outcome
        if isinstance(result, Failure):
            result.raiseException()
        ended: T = result
        return ended

    def callFromThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """See ``IReactorFromThreads``; ``finish`` calls it."""
        self._calls.put(lambda: callable(*args, **kwargs))

    def callInThread(self, callable: Callable[..., Any], *args: object, **kwargs: object) -> None:
        """See ``IReactorInThreads``: at once, in this thread."""
        callable(*args, **kwargs)

    def getThreadPool(self) -> Any:
        """See ``IReactorThreads``: itself."""
        return self

    def suggestThreadPoolSize(self, size: int) -> None:
        """See ``IReactorThreads``: there is no pool."""

    def callInThreadWithCallback(
        self, told: Callable[[bool, Any], Any], act: Callable[..., Any], *given: object
    ) -> None:
        """See ``ThreadPool``: at once, in this thread."""
        try:
            result = act(*given)
        except Exception:
            told(False, Failure())
        else:
            told(True, result)
