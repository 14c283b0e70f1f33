"""Walking through everything that a repo knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from pictd.interfaces import IRecords
from pictd.model.carried import CarriedJob, CarriedOriginal
from pictd.model.hashes import Hash
from pictd.model.uploads import Upload

T = TypeVar("T")
P = TypeVar("P", Hash, str)

PAGE = 2000
"""Records that are carried at a time: many for one commit, a few megabytes of memory."""


def originals(records: IRecords) -> AsyncIterator[Sequence[CarriedOriginal]]:
    """Pages, none of them empty."""
    return _walk(records.originals, lambda each: each.record.hash)


def uploads(records: IRecords) -> AsyncIterator[Sequence[Upload]]:
    """Pages, none of them empty."""
    return _walk(records.uploads, lambda each: each.id)


def jobs(records: IRecords) -> AsyncIterator[Sequence[CarriedJob]]:
    """Pages, none of them empty."""
    return _walk(records.jobs, lambda each: each.id)


async def _walk(
    page_after: Callable[[P | None, int], Awaitable[Sequence[T]]], place: Callable[[T], P]
) -> AsyncIterator[Sequence[T]]:
    page = await page_after(None, PAGE)
    while page:
        yield page
        page = await page_after(place(page[-1]), PAGE)
