"""Waiting in tests of what runs by itself: with a deadline, and without holding up the reactor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred

_STEP = 0.02


def pause(seconds: float) -> Deferred[None]:
    """Give the reactor time."""
    done: Deferred[None] = Deferred()
    cast(Any, reactor).callLater(seconds, done.callback, None)
    return done


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float, told: Callable[[], object]
) -> None:
    """Wait until something holds.

    :param told: what to say where it never does.
    :raise AssertionError: it does not hold in time.
    """
    clock = cast(Any, reactor)
    end = clock.seconds() + seconds
    while not await condition():
        if clock.seconds() > end:
            raise AssertionError(f"not within {seconds} s: {told()}")
        await pause(_STEP)
