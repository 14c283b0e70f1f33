"""The memory repo's records, to be carried elsewhere or to have come from there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from zope.interface import implementer

from pictd.interfaces.repos import IRecords
from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.hashes import Hash
from pictd.model.records import Job
from pictd.model.settings import HEALTH
from pictd.model.uploads import Upload
from pictd.repo.drafts import Draft
from pictd.repo.memory_tables import StoredJob, StoredProxy, StoredVariant, Tables

T = TypeVar("T")
K = TypeVar("K", bytes, str, int)


@implementer(IRecords)
class MemoryRecords:
    """See ``IRecords``. Pages are found by sorting everything, each time."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def originals(self, after: Hash | None, limit: int) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        place = None if after is None else after.to_bytes()
        page = _next(self._tables.hashes, Hash.to_bytes, place, limit)
        return [self._carried(hash) for hash in page]

    async def stored(self, hashes: Sequence[Hash]) -> Sequence[CarriedOriginal]:
        """See ``IRecords``."""
        return [self._carried(hash) for hash in hashes if hash in self._tables.hashes]

    async def uploads(self, after: str | None, limit: int) -> Sequence[Upload]:
        """See ``IRecords``."""
        return _next(self._tables.uploads.values(), lambda upload: upload.id, after, limit)

    async def jobs(self, after: str | None, limit: int) -> Sequence[CarriedJob]:
        """See ``IRecords``."""
        place = None if after is None else int(after)
        page = _next(self._tables.jobs.values(), lambda it: int(it.job.id), place, limit)
        return [_job(stored) for stored in page]

    async def settings(self) -> Mapping[str, bytes]:
        """See ``IRecords``."""
        return {key: value for key, value in self._tables.settings.items() if key != HEALTH}

    async def tally(self) -> Tally:
        """See ``IRecords``."""
        tables = self._tables
        return Tally(
            originals=len(tables.hashes),
            aliases=len(tables.aliases),
            proxies=len(tables.proxies),
            variants=len(tables.variants),
            uploads=len(tables.uploads),
            jobs=len(tables.jobs),
            settings=len(await self.settings()),
        )

    async def add_originals(self, originals: Sequence[CarriedOriginal]) -> None:
        """See ``IRecords``."""
        for original in originals:
            if self._add_record(original):
                self._add_names(original)
                self._add_variants(original)
                self._add_details(original)

    async def add_uploads(self, uploads: Sequence[Upload]) -> None:
        """See ``IRecords``."""
        for upload in uploads:
            self._tables.uploads.setdefault(upload.id, upload)

    async def add_jobs(self, jobs: Sequence[CarriedJob]) -> None:
        """See ``IRecords``. Ids are given anew."""
        for carried in jobs:
            if not self._has(carried):
                self._tables.pushed += 1
                id, payload = str(self._tables.pushed), json.loads(json.dumps(carried.payload))
                job = Job(id, carried.queue, payload, carried.attempts_left)
                self._tables.jobs[id] = StoredJob(job, carried.due, carried.unique_key)

    async def add_settings(self, settings: Mapping[str, bytes]) -> None:
        """See ``IRecords``."""
        for key, value in settings.items():
            self._tables.settings.setdefault(key, value)

    def _carried(self, hash: Hash) -> CarriedOriginal:
        tables = self._tables
        draft = Draft(tables.hashes[hash])
        for alias in tables.aliases_of(hash):
            draft.aliases[alias] = tables.aliases[alias][0]
        for url, proxy in tables.proxies.items():
            if proxy.alias in draft.aliases:
                draft.relate(url, str(proxy.alias), proxy.accessed)
        for (of, key), variant in tables.variants.items():
            if of == hash:
                draft.vary(key, variant.identifier, variant.accessed)
        for identifier in tables.identifiers_of(hash):
            draft.describe(identifier, tables.details.get(identifier))
        return draft.finished()

    def _add_record(self, original: CarriedOriginal) -> bool:
        """Whether the content is recorded now."""
        new, there = original.record, self._tables.hashes
        taken = {name for each in there.values() for name in (each.identifier, each.motion)}
        if new.hash not in there and not taken - {None} & {new.identifier, new.motion}:
            there[new.hash] = new
        return new.hash in there

    def _add_names(self, original: CarriedOriginal) -> None:
        hash, tables = original.record.hash, self._tables
        for alias, token in original.aliases.items():
            tables.aliases.setdefault(alias, (token, hash))
        for proxy in original.proxies:
            if tables.aliases[proxy.alias][1] == hash:
                tables.proxies.setdefault(proxy.url, StoredProxy(proxy.alias, proxy.accessed))

    def _add_variants(self, original: CarriedOriginal) -> None:
        for each in original.variants:
            place = original.record.hash, each.key
            stored = StoredVariant(each.identifier, each.accessed)
            self._tables.variants.setdefault(place, stored)

    def _add_details(self, original: CarriedOriginal) -> None:
        recorded = set(self._tables.identifiers_of(original.record.hash))
        for identifier, details in original.details.items():
            if identifier in recorded:
                self._tables.details.setdefault(identifier, details)

    def _has(self, carried: CarriedJob) -> bool:
        return any(
            (stored.job.queue, stored.job.payload) == (carried.queue, carried.payload)
            or (stored.unique_key is not None and stored.unique_key == carried.unique_key)
            for stored in self._tables.jobs.values()
        )


def _job(stored: StoredJob) -> CarriedJob:
    job = stored.job
    return CarriedJob(
        job.id, job.queue, job.payload, stored.due, job.attempts_left, stored.unique_key
    )


def _next(things: Iterable[T], place: Callable[[T], K], after: K | None, limit: int) -> list[T]:
    """Those after a place, in the order of places."""
    later = [thing for thing in things if after is None or place(thing) > after]
    return sorted(later, key=place)[:limit]
