"""Going through all originals without being in anybody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from pictd.interfaces.repos import IRepo
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord

STEP = 20
"""Originals."""

PAUSE = 0.05
"""Seconds between two steps, in which requests have the machine to themselves."""


async def originals(
    repo: IRepo, clock: IReactorTime, pause: float = PAUSE
) -> AsyncIterator[Sequence[HashRecord]]:
    """All of them, a few at a time, newest first. What is uploaded meanwhile is left out; where
    the original that comes next is removed meanwhile, the walk begins again.

    :param pause: seconds between two steps.
    """
    start: Hash | None = None
    while True:
        page = await repo.hashes.page(start, STEP)
        yield [entry.record for entry in page.entries]
        if page.next is None:
            return
        start = page.next
        await deferLater(clock, pause)
