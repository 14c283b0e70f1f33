"""Walking through everything that a repo knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from pictd.interfaces.repos import IRecords
from pictd.model.carried import CarriedJob, CarriedOriginal
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload

T = TypeVar("T")
P = TypeVar("P", Hash, str)

PAGE = 2000
"""Records that are carried at a time: many for one commit, a few megabytes of memory."""


def originals(records: IRecords, length: int = PAGE) -> AsyncIterator[Sequence[CarriedOriginal]]:
    """Pages, none of them empty."""
    return _walk(records.originals, length, lambda each: each.record.hash)


def uploads(records: IRecords, length: int = PAGE) -> AsyncIterator[Sequence[Upload]]:
    """Pages, none of them empty."""
    return _walk(records.uploads, length, lambda each: each.id)


def jobs(records: IRecords, length: int = PAGE) -> AsyncIterator[Sequence[CarriedJob]]:
    """Pages, none of them empty."""
    return _walk(records.jobs, length, lambda each: each.id)


async def _walk(
    page_after: Callable[[P | None, int], Awaitable[Sequence[T]]],
    length: int,
    place: Callable[[T], P],
) -> AsyncIterator[Sequence[T]]:
    page = await page_after(None, length)
    while page:
        yield page
        page = await page_after(place(page[-1]), length)
