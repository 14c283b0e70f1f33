"""Adding what was carried from elsewhere: one statement for each kind of row.

What is there stays. Rows hang on others that may have stayed as they were: each is added only where
what it hangs on is as it was carried. The content is locked before it is named, so that nobody
removes it meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID, uuid5

import attrs

from pictd.model.carried import CarriedJob, CarriedOriginal
from pictd.model.uploads import Upload, result_to_json
from pictd.repo.postgres.planning import by_index
from pictd.repo.postgres.sessions import Row, Step
from pictd.repo.postgres.values import stamp

_RECORDS = """
    INSERT INTO hashes (hash, identifier, created_at, blurhash, motion_identifier)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamp[], %s::text[], %s::text[])
    ON CONFLICT DO NOTHING
"""
_LOCK = "SELECT 1 FROM hashes WHERE hash = ANY(%s::text[]) ORDER BY hash FOR KEY SHARE"
_ALIASES = """
    INSERT INTO aliases (hash, alias, token)
    SELECT t.* FROM unnest(%s::text[], %s::text[], %s::text[]) AS t (hash, alias, token)
    JOIN hashes AS h ON h.hash = t.hash ON CONFLICT DO NOTHING
"""
_PROXIES = """
    INSERT INTO proxies (url, alias, accessed) SELECT t.url, t.alias, t.accessed
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamp[])
        AS t (hash, url, alias, accessed)
    JOIN aliases AS a ON a.alias = t.alias AND a.hash = t.hash ON CONFLICT DO NOTHING
"""
_VARIANTS = """
    INSERT INTO variants (hash, variant, identifier, accessed) SELECT t.*
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamp[])
        AS t (hash, variant, identifier, accessed)
    JOIN hashes AS h ON h.hash = t.hash ON CONFLICT DO NOTHING
"""
_DETAILS = """
    INSERT INTO details (identifier, json) SELECT t.identifier, t.json::jsonb
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS t (hash, identifier, json)
    WHERE EXISTS (
        SELECT 1 FROM hashes AS h
        WHERE h.hash = t.hash AND t.identifier IN (h.identifier, h.motion_identifier)
    ) OR EXISTS (
        SELECT 1 FROM variants AS v WHERE v.hash = t.hash AND v.identifier = t.identifier
    )
    ON CONFLICT DO NOTHING
"""
_UPLOADS = """
    INSERT INTO uploads (id, created_at, result) SELECT t.id, t.created, t.result::jsonb
    FROM unnest(%s::uuid[], %s::timestamp[], %s::text[]) AS t (id, created, result)
    ON CONFLICT DO NOTHING
"""
_RAW_BYTES = """
    INSERT INTO pictd_uploads (id, identifier) SELECT t.*
    FROM unnest(%s::uuid[], %s::text[]) AS t (id, identifier)
    JOIN uploads AS u ON u.id = t.id AND u.result IS NULL ON CONFLICT DO NOTHING
"""
_JOBS = """
    INSERT INTO job_queue (id, queue, job, unique_key, queue_time, retry)
    SELECT t.id, t.queue, t.job::jsonb, t.unique_key, t.due, t.retry
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamp[], %s::int[])
        AS t (id, queue, job, unique_key, due, retry)
    WHERE NOT EXISTS (
        SELECT 1 FROM job_queue AS q WHERE q.queue = t.queue AND q.job = t.job::jsonb
    )
    ON CONFLICT DO NOTHING
"""
_SETTINGS = """
    INSERT INTO settings (key, value) SELECT * FROM unnest(%s::text[], %s::text[])
    ON CONFLICT DO NOTHING
"""
_IDS = UUID("4f6e6d4a-7be1-4b5e-9d57-0d3c6a3d2b71")
"""The name space of ids made for jobs."""


@attrs.frozen
class Batch:
    """Rows to add, as the statements take them."""

    records: Sequence[Row]
    aliases: Sequence[Row]
    proxies: Sequence[Row]
    variants: Sequence[Row]
    details: Sequence[Row]

    @classmethod
    def of(cls, originals: Sequence[CarriedOriginal]) -> Self:
        """Takes a while, and may run in any thread."""
        keyed = [(each.record.hash.text, each) for each in originals]
        return cls(
            [_record(key, it) for key, it in keyed],
            [(key, str(each), it.aliases[each].text) for key, it in keyed for each in it.aliases],
            [
                (key, each.url, str(each.alias), stamp(each.accessed))
                for key, it in keyed
                for each in it.proxies
            ],
            [
                (key, each.key, each.identifier, stamp(each.accessed))
                for key, it in keyed
                for each in it.variants
            ],
            [
                (key, identifier, _text(it.details[identifier].as_json()))
                for key, it in keyed
                for identifier in it.details
            ],
        )

    async def add(self, step: Step) -> None:
        """See ``IRecords.add_originals``."""
        await by_index(step)
        await _insert(step, _RECORDS, self.records)
        await step.rows(_LOCK, [key for key, *_ in self.records])
        await _insert(step, _ALIASES, self.aliases)
        await _insert(step, _PROXIES, self.proxies)
        await _insert(step, _VARIANTS, self.variants)
        await _insert(step, _DETAILS, self.details)


async def add_uploads(step: Step, uploads: Sequence[Upload]) -> None:
    """See ``IRecords.add_uploads``."""
    results = [None if it.result is None else result_to_json(it.result) for it in uploads]
    rows: Sequence[tuple[str, datetime, str | None]] = [
        (it.id, stamp(it.created), None if result is None else _text(result))
        for it, result in zip(uploads, results, strict=True)
    ]
    await _insert(step, _UPLOADS, rows)
    raw = [(it.id, it.identifier) for it in uploads if it.identifier is not None]
    await _insert(step, _RAW_BYTES, raw)


async def add_jobs(step: Step, jobs: Sequence[CarriedJob]) -> None:
    """See ``IRecords.add_jobs``. No index leads to payloads: all that are there are looked at."""
    told = {(job.queue, _sorted(job.payload)): job for job in reversed(jobs)}
    rows = [
        (
            _id(job, payload),
            job.queue.value,
            payload,
            job.unique_key,
            stamp(job.due),
            job.attempts_left,
        )
        for (_, payload), job in reversed(told.items())
    ]
    await _insert(step, _JOBS, rows)


async def add_settings(step: Step, settings: Mapping[str, bytes]) -> None:
    """See ``IRecords.add_settings``."""
    await _insert(step, _SETTINGS, [(key, value.hex()) for key, value in settings.items()])


async def _insert(step: Step, sql: str, rows: Sequence[Row]) -> None:
    """:param sql: takes a list for each column."""
    if rows:
        await step.execute(sql, *(list(column) for column in zip(*rows, strict=True)))


def _record(key: str, original: CarriedOriginal) -> Row:
    record = original.record
    return key, record.identifier, stamp(record.created_at), record.blurhash, record.motion


def _id(job: CarriedJob, payload: str) -> str:
    """Its own where it is a UUID, so that a job is not there twice while it is being retried."""
    try:
        return str(UUID(job.id))
    except ValueError:
        return str(uuid5(_IDS, f"{job.queue.value} {payload}"))


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _sorted(payload: object) -> str:
    return json.dumps(payload, sort_keys=True)
