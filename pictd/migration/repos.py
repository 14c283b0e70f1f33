"""From one repo to another (contract C9).

How it works: everything is carried over in batches, each of them one step of the destination's.
What is there already stays, so that a migration that was ended in any way is finished by running it
again. Then everything in the source is held against the destination. The server should be stopped;
what changes in the source meanwhile is found by that, and carried by the next run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from secrets import token_bytes
from typing import TypeVar

import attrs

from pictd.errors import BadRequest, PictdError
from pictd.interfaces.repos import IRepo
from pictd.migration.absence import MOMENTS, carry_absence
from pictd.migration.differences import Comparison, Differences
from pictd.migration.pages import PAGE
from pictd.migration.sources import OfRepo, Source
from pictd.model.carried import Tally
from pictd.model.settings import HEALTH
from pictd.progress import Progress

T = TypeVar("T")


class SameRepo(PictdError):
    """Source and destination are one database."""

    code, text = "same-repo", "Source and destination are the same database"


class NotCarried(PictdError):
    """The destination lacks something that the source has."""

    code = "not-carried"


async def migrate(source: IRepo, destination: IRepo, progress: Progress, page: int = PAGE) -> Tally:
    """Carry everything, and see that it has arrived.

    :param page: records that are carried at a time.
    :return: what was carried.
    :raise SameRepo: nothing was written.
    :raise NotCarried: all that can be is carried; the message names what is not.
    :raise RepoUnavailable: of either; running it again goes on.
    """
    await _refuse_same(source, destination)
    was_empty = await destination.records.tally() == Tally()
    counts = await source.records.tally()
    all = OfRepo(source.records, page)
    await Carrier(all, destination, progress).carry(counts)
    comparison = Comparison(all, destination, progress)
    found = await comparison.compare(counts.originals + counts.uploads + counts.jobs)
    if was_empty and not found.count:
        await comparison.compare_counts(await all.tally())
    refuse_differences(found)
    return counts


def refuse_differences(found: Differences) -> None:
    """:raise NotCarried: there are some."""
    if found.count:
        raise NotCarried(_told(found))


async def _refuse_same(source: IRepo, destination: IRepo) -> None:
    """Whatever leads to it: what is written to the one must not be found in the other."""
    mark = token_bytes(8)
    await destination.settings.set(HEALTH, mark)
    if await source.settings.get(HEALTH) == mark:
        raise SameRepo


@attrs.frozen
class Carrier:
    """The first half: adds everything."""

    source: Source
    destination: IRepo
    progress: Progress

    async def carry(self, counts: Tally) -> None:
        """Settings come first: a server on what is half there must not let it expire.

        :param counts: what there is, for the progress.
        """
        there, here = self.source, self.destination.records
        await self._carry_settings()
        await self._part("originals", counts.originals, there.originals(), here.add_originals)
        await self._part("uploads", counts.uploads, there.uploads(), here.add_uploads)
        await self._part("jobs", counts.jobs, there.jobs(), here.add_jobs)

    async def _carry_settings(self) -> None:
        settings = await self.source.settings()
        await carry_absence(settings, self.destination.settings)
        others = {key: value for key, value in settings.items() if key not in MOMENTS}
        await self.destination.records.add_settings(others)

    async def _part(
        self,
        what: str,
        total: int,
        walk: AsyncIterator[Sequence[T]],
        add: Callable[[Sequence[T]], Awaitable[None]],
    ) -> None:
        self.progress.begin(what, total)
        try:
            async for page in walk:
                await self._add(page, add)
                self.progress.advance(len(page))
        finally:
            self.progress.end()

    async def _add(self, page: Sequence[T], add: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        """One that the destination can't hold does not keep back the others of its page."""
        try:
            await add(page)
        except BadRequest as error:
            if len(page) == 1:
                self.progress.say(f"not carried: {error}")
                return
            for each in page:
                await self._add([each], add)


def _told(found: Differences) -> str:
    rest = found.count - len(found.first)
    more = [f"and {rest} more"] if rest else []
    return "\n  ".join(["The destination differs from the source:", *found.first, *more])
