"""Going through all records of a repo, one by one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from pictd.interfaces.repos import IRepo
from pictd.model.carried import CarriedJob, CarriedOriginal
from pictd.model.uploads import Upload

PAGE = 500
"""Records that are asked for at once."""

T = TypeVar("T")
K = TypeVar("K")


def all_originals(repo: IRepo) -> AsyncIterator[CarriedOriginal]:
    """With all that hangs on them."""
    return _all(repo.records.originals, lambda original: original.record.hash)


def all_uploads(repo: IRepo) -> AsyncIterator[Upload]:
    """Queued ones."""
    return _all(repo.records.uploads, lambda upload: upload.id)


def all_jobs(repo: IRepo) -> AsyncIterator[CarriedJob]:
    """Those at work included."""
    return _all(repo.records.jobs, lambda job: job.id)


async def _all(
    page: Callable[[K | None, int], Awaitable[Sequence[T]]], key: Callable[[T], K]
) -> AsyncIterator[T]:
    found = await page(None, PAGE)
    while found:
        for each in found:
            yield each
        found = await page(key(found[-1]), PAGE)
