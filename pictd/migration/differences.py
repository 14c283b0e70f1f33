"""What a destination lacks of a source, record by record.

The destination may have more, and may have moved on: later accesses, results of uploads, or
blurhashes. Moments count to the microsecond, which is what every repo holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

import attrs

from pictd.interfaces.repos import IRepo
from pictd.migration import pages
from pictd.migration.absence import MOMENTS
from pictd.migration.sources import Source
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.details import Details
from pictd.model.records import HashRecord
from pictd.model.uploads import Upload
from pictd.progress import Progress

MOST_NAMED = 10
"""Differences."""
_MICROSECOND = 1000


@attrs.define
class Differences:
    """:ivar first: a line for each of the first ones."""

    count: int = 0
    first: list[str] = attrs.field(factory=list)

    def note(self, lines: Iterable[str]) -> None:
        """More of them."""
        for line in lines:
            self.count += 1
            if len(self.first) < MOST_NAMED:
                self.first.append(line)


@attrs.frozen
class Comparison:
    """Holds a source against a destination."""

    source: Source
    destination: IRepo
    progress: Progress
    found: Differences = attrs.field(factory=Differences)

    async def compare(self, total: int) -> Differences:
        """Look for everything of the source in the destination.

        :param total: originals, uploads and jobs of the source.
        """
        self.progress.begin("records compared", total)
        try:
            await self._compare_originals()
            await self._compare_uploads()
            await self._compare_jobs()
            await self._compare_settings()
        finally:
            self.progress.end()
        return self.found

    async def compare_counts(self, counts: Tally) -> None:
        """Of a destination that was empty: it has what the source has, and nothing else. Jobs that
        do the same are one.

        :param counts: what the source has.
        """
        mine = attrs.asdict(counts)
        theirs = attrs.asdict(await self.destination.records.tally())
        for kind in mine.keys() - {"jobs", "settings"}:
            if mine[kind] != theirs[kind]:
                self.found.note([f"{kind}: {theirs[kind]} instead of {mine[kind]}"])

    async def _compare_originals(self) -> None:
        async for page in self.source.originals():
            stored = await self.destination.records.stored([each.record.hash for each in page])
            theirs = {each.record.hash: each for each in stored}
            for mine in page:
                self.found.note(_lacking(mine, theirs.get(mine.record.hash)))
            self.progress.advance(len(page))

    async def _compare_uploads(self) -> None:
        async for page in self.source.uploads():
            for mine in page:
                if not _is_upload(mine, await self.destination.uploads.find(mine.id)):
                    self.found.note([f"queued upload {mine.id}"])
            self.progress.advance(len(page))

    async def _compare_jobs(self) -> None:
        """What they do is kept as digests."""
        theirs: set[bytes] = set()
        async for page in pages.jobs(self.destination.records):
            theirs.update(mark for job in page for mark in _marks(job))
        async for page in self.source.jobs():
            self.found.note(f"job {job.id}" for job in page if not theirs & set(_marks(job)))
            self.progress.advance(len(page))

    async def _compare_settings(self) -> None:
        mine = await self.source.settings()
        theirs = await self.destination.records.settings()
        carried = mine.keys() - MOMENTS
        self.found.note(f"setting {key}" for key in carried if theirs.get(key) != mine[key])


def _lacking(mine: CarriedOriginal, theirs: CarriedOriginal | None) -> Iterator[str]:
    """A line for each thing that is not there, or not as it is here."""
    name = f"original {mine.record.hash.hex}"
    if theirs is None:
        yield name
        return
    if not _is_record(mine.record, theirs.record):
        yield f"{name}: identifiers, creation or blurhash"
    for alias, token in mine.aliases.items():
        if theirs.aliases.get(alias) != token:
            yield f"alias {alias}"
    yield from _lacking_accessed(mine, theirs)
    for identifier, details in mine.details.items():
        if not _are_details(details, theirs.details.get(identifier)):
            yield f"details of {identifier}"


def _lacking_accessed(mine: CarriedOriginal, theirs: CarriedOriginal) -> Iterator[str]:
    """Proxied URLs and variants, which may have been accessed since."""
    urls = {(each.url, each.alias): each.accessed for each in theirs.proxies}
    for proxy in mine.proxies:
        if _rounded(proxy.accessed) > _rounded(urls.get((proxy.url, proxy.alias), -1)):
            yield f"a remote URL of alias {proxy.alias}"
    variants = {(each.key, each.identifier): each.accessed for each in theirs.variants}
    for each in mine.variants:
        if _rounded(each.accessed) > _rounded(variants.get((each.key, each.identifier), -1)):
            yield f"variant {each.key} of original {mine.record.hash.hex}"


def _is_record(mine: HashRecord, theirs: HashRecord) -> bool:
    return (
        mine.identifier == theirs.identifier
        and _rounded(mine.created_at) == _rounded(theirs.created_at)
        and mine.blurhash in (None, theirs.blurhash)
        and mine.motion in (None, theirs.motion)
    )


def _are_details(mine: Details, theirs: Details | None) -> bool:
    return theirs is not None and _in_time(mine) == _in_time(theirs)


def _in_time(details: Details) -> Details:
    return attrs.evolve(details, created_at=_rounded(details.created_at))


def _is_upload(mine: Upload, theirs: Upload | None) -> bool:
    if theirs is None or _rounded(mine.created) != _rounded(theirs.created):
        return False
    if mine.result is None:
        return theirs.result is not None or mine.identifier == theirs.identifier
    return mine.result == theirs.result


def _marks(job: CarriedJob) -> Iterator[bytes]:
    """By which it is known: what it does, and its key."""
    yield sha256(f"{job.queue.value} {json.dumps(job.payload, sort_keys=True)}".encode()).digest()
    if job.unique_key is not None:
        yield sha256(f"key {job.unique_key}".encode()).digest()


def _rounded(moment: int) -> int:
    return moment // _MICROSECOND
