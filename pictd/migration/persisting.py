"""Trying again what may go right in a moment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from pictd.errors import RepoUnavailable, StoreGone, StoreUnavailable

T = TypeVar("T")

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before the second attempt, the third, and so on."""


async def persist(
    attempt: Callable[[], Awaitable[T]], clock: IReactorTime, pauses: Sequence[float] = PAUSES
) -> T:
    """What an attempt comes to.

    :raise StoreUnavailable: the last one failed, or the store is gone, which nobody waits for.
    :raise RepoUnavailable: the last one failed.
    """
    for pause in pauses:
        try:
            return await attempt()
        except StoreGone:
            raise
        except (StoreUnavailable, RepoUnavailable):
            await deferLater(clock, pause)
    return await attempt()
