"""Reading what is to be carried elsewhere: a few queries for each page, however long it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.records import Queue
from pictd.model.settings import HEALTH
from pictd.model.uploads import Upload
from pictd.repo.drafts import Draft
from pictd.repo.sqlite import rows
from pictd.repo.sqlite.reader import Row, fetch
from pictd.repo.sqlite.uploads import COLUMNS, upload_of

_MOST_KEYS = 1000
"""Hashes named in one query; SQLite's own limit is 32,766."""
KEYS = "SELECT hash FROM hashes WHERE hash > ? ORDER BY hash LIMIT ?"
"""Takes a key and a limit."""
ORIGINALS = f"""
    SELECT {rows.RECORD}, {rows.DETAILS}, {rows.DETAILS.replace("d.", "m.")}
    FROM hashes AS h LEFT JOIN details AS d ON d.identifier = h.identifier
    LEFT JOIN details AS m ON m.identifier = h.motion WHERE h.hash IN
"""
"""To be followed by a list of keys, as are the next three."""
ALIASES = "SELECT hash, alias, token FROM aliases WHERE hash IN"
PROXIES = """
    SELECT a.hash, p.url, p.alias, p.accessed
    FROM aliases AS a JOIN proxies AS p ON p.alias = a.alias WHERE a.hash IN
"""
VARIANTS = f"""
    SELECT v.hash, v.variant, v.identifier, v.accessed, {rows.DETAILS}
    FROM variants AS v LEFT JOIN details AS d ON d.identifier = v.identifier WHERE v.hash IN
"""
_UPLOADS = f"SELECT {COLUMNS} FROM uploads WHERE id > ? ORDER BY id LIMIT ?"
_JOBS = """
    SELECT id, queue, payload, due, attempts_left, unique_key FROM jobs
    WHERE id > ? ORDER BY id LIMIT ?
"""
_SETTINGS = "SELECT key, value FROM settings WHERE key <> ?"
_TABLES = ("hashes", "aliases", "proxies", "variants", "uploads", "jobs")
_TALLY = f"""
    SELECT {", ".join(f"(SELECT count(*) FROM {table})" for table in _TABLES)},
        (SELECT count(*) FROM settings WHERE key <> ?)
"""


def originals(db: sqlite3.Connection, after: bytes, limit: int) -> Sequence[CarriedOriginal]:
    """See ``IRecords.originals``.

    :param after: a hash's bytes; empty to begin with.
    """
    return stored(db, [key for (key,) in fetch(db, KEYS, after, limit)])


def stored(db: sqlite3.Connection, keys: Sequence[bytes]) -> Sequence[CarriedOriginal]:
    """See ``IRecords.stored``; in the order of the keys."""
    found: dict[bytes, Draft] = {}
    for at in range(0, len(keys), _MOST_KEYS):
        found.update(_drafts(db, keys[at : at + _MOST_KEYS]))
    return [found[key].finished() for key in keys if key in found]


def uploads(db: sqlite3.Connection, after: str, limit: int) -> Sequence[Upload]:
    """See ``IRecords.uploads``."""
    return [upload_of(row) for row in fetch(db, _UPLOADS, after, limit)]


def jobs(db: sqlite3.Connection, after: int, limit: int) -> Sequence[CarriedJob]:
    """See ``IRecords.jobs``."""
    return [_job(row) for row in fetch(db, _JOBS, after, limit)]


def settings(db: sqlite3.Connection) -> Mapping[str, bytes]:
    """See ``IRecords.settings``."""
    return dict(fetch(db, _SETTINGS, HEALTH))


def tally(db: sqlite3.Connection) -> Tally:
    """See ``IRecords.tally``."""
    (counts,) = fetch(db, _TALLY, HEALTH)
    return Tally(*counts)


def _drafts(db: sqlite3.Connection, keys: Sequence[bytes]) -> Mapping[bytes, Draft]:
    def hanging(sql: str) -> Iterator[Row]:
        blanks = ",".join("?" * len(keys))
        return iter(fetch(db, f"{sql} ({blanks})", *keys))

    drafts = {row[0]: _draft(row) for row in hanging(ORIGINALS)}
    for key, alias, token in hanging(ALIASES):
        drafts[key].name(alias, token)
    for key, *proxy in hanging(PROXIES):
        drafts[key].relate(*proxy)
    for key, name, identifier, accessed, *details in hanging(VARIANTS):
        drafts[key].vary(name, identifier, accessed)
        drafts[key].describe(identifier, rows.details(details))
    return drafts


def _draft(row: Row) -> Draft:
    record = rows.record(row[: rows.WIDTH])
    draft = Draft(record)
    draft.describe(record.identifier, rows.details(row[rows.WIDTH : 2 * rows.WIDTH]))
    draft.describe(record.motion, rows.details(row[2 * rows.WIDTH :]))
    return draft


def _job(row: Row) -> CarriedJob:
    id, queue, payload, due, attempts_left, unique_key = row
    return CarriedJob(str(id), Queue(queue), json.loads(payload), due, attempts_left, unique_key)
