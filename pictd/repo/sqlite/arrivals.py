"""Adding what was carried from elsewhere: one prepared statement for each kind of row.

What is there stays. Rows hang on others that may have stayed as they were: each is added only where
what it hangs on is as it was carried.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from pictd.model.carried import CarriedJob, CarriedOriginal
from pictd.model.uploads import Upload, result_to_json
from pictd.repo.sqlite.reader import Row
from pictd.repo.sqlite.writer import Step

_RECORD = """
    INSERT INTO hashes (hash, identifier, created_at, blurhash, motion) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
_ALIAS = """
    INSERT INTO aliases (hash, alias, token) SELECT ?1, ?2, ?3
    WHERE EXISTS (SELECT 1 FROM hashes WHERE hash = ?1) ON CONFLICT DO NOTHING
"""
_PROXY = """
    INSERT INTO proxies (url, alias, accessed) SELECT ?2, ?3, ?4
    WHERE EXISTS (SELECT 1 FROM aliases WHERE alias = ?3 AND hash = ?1) ON CONFLICT DO NOTHING
"""
_VARIANT = """
    INSERT INTO variants (hash, variant, identifier, accessed) SELECT ?1, ?2, ?3, ?4
    WHERE EXISTS (SELECT 1 FROM hashes WHERE hash = ?1) ON CONFLICT DO NOTHING
"""
_DETAILS = """
    INSERT INTO details (identifier, width, height, frames, format, created_at)
    SELECT ?2, ?3, ?4, ?5, ?6, ?7
    WHERE EXISTS (SELECT 1 FROM hashes WHERE hash = ?1 AND ?2 IN (identifier, motion))
        OR EXISTS (SELECT 1 FROM variants WHERE hash = ?1 AND identifier = ?2)
    ON CONFLICT DO NOTHING
"""
_UPLOAD = """
    INSERT INTO uploads (id, identifier, created, result) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
_JOB = """
    INSERT INTO jobs (queue, payload, unique_key, due, attempts_left) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING
"""
_SETTING = "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING"


def add_originals(step: Step, originals: Sequence[CarriedOriginal]) -> None:
    """See ``IRecords.add_originals``."""
    keyed = [(each.record.hash.to_bytes(), each) for each in originals]
    for sql, rows_of in (
        (_RECORD, _records),
        (_ALIAS, _aliases),
        (_PROXY, _proxies),
        (_VARIANT, _variants),
        (_DETAILS, _details),
    ):
        step.connection.executemany(sql, (row for it in keyed for row in rows_of(*it)))


def add_uploads(step: Step, uploads: Sequence[Upload]) -> None:
    """See ``IRecords.add_uploads``."""
    step.connection.executemany(_UPLOAD, map(_upload, uploads))


def add_jobs(step: Step, jobs: Sequence[CarriedJob]) -> None:
    """See ``IRecords.add_jobs``. No index leads to payloads: all that are there are looked at."""
    found = step.rows("SELECT queue, payload FROM jobs")
    there = {(queue, _sorted(json.loads(payload))) for queue, payload in found}
    for job in jobs:
        told = job.queue.value, _sorted(job.payload)
        if told not in there:
            there.add(told)
            payload = json.dumps(job.payload, separators=(",", ":"))
            row = (job.queue.value, payload, job.unique_key, job.due, job.attempts_left)
            step.execute(_JOB, *row)


def add_settings(step: Step, settings: Mapping[str, bytes]) -> None:
    """See ``IRecords.add_settings``."""
    step.connection.executemany(_SETTING, settings.items())


def _records(key: bytes, original: CarriedOriginal) -> Iterator[Row]:
    record = original.record
    yield key, record.identifier, record.created_at, record.blurhash, record.motion


def _aliases(key: bytes, original: CarriedOriginal) -> Iterator[Row]:
    return ((key, str(alias), token.text) for alias, token in original.aliases.items())


def _proxies(key: bytes, original: CarriedOriginal) -> Iterator[Row]:
    return ((key, each.url, str(each.alias), each.accessed) for each in original.proxies)


def _variants(key: bytes, original: CarriedOriginal) -> Iterator[Row]:
    return ((key, each.key, each.identifier, each.accessed) for each in original.variants)


def _details(key: bytes, original: CarriedOriginal) -> Iterator[Row]:
    for identifier, it in original.details.items():
        yield key, identifier, it.width, it.height, it.frames, it.format.code, it.created_at


def _upload(upload: Upload) -> Row:
    result = (
        None
        if upload.result is None
        else json.dumps(result_to_json(upload.result), separators=(",", ":"))
    )
    return upload.id, upload.identifier, upload.created, result


def _sorted(payload: object) -> str:
    return json.dumps(payload, sort_keys=True)
