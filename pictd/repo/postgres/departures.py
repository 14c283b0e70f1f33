"""Reading what is to be carried elsewhere: a few queries for each page, however long it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase, digits

import attrs

from pictd.model.carried import CarriedJob, CarriedOriginal, Tally
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.records import Queue
from pictd.model.settings import HEALTH
from pictd.model.uploads import Upload
from pictd.repo.drafts import Draft
from pictd.repo.postgres import rows
from pictd.repo.postgres.planning import by_index
from pictd.repo.postgres.sessions import Row, Sessions, Step
from pictd.repo.postgres.uploads import UPLOADS, upload_of
from pictd.repo.postgres.values import moment

_DIGITS = ascii_uppercase + ascii_lowercase + digits + "+/"
_ENDS = "".join(_DIGITS[each.code] for each in Format)
_HASH = f"^[A-Za-z0-9+/]*[{_DIGITS[::4]}][{_ENDS}]$"
"""Base64 whose last byte is a format: those have codes of six bits."""


def sound(column: str) -> str:
    """Whether a text is a hash: a condition."""
    return f"(length({column}) = 52 AND {column} ~ '{_HASH}')"


def _sound_of(table: str) -> str:
    return f"SELECT count(*) FROM {table} WHERE {sound('hash')}"


KEYS = f"""
    SELECT hash FROM hashes WHERE (%s::text IS NULL OR hash > %s) AND {sound("hash")}
    ORDER BY hash LIMIT %s
"""
"""Takes a hash, or nothing, twice, and a limit."""
ORIGINALS = f"""
    SELECT {rows.RECORD}, d.json::text, m.json::text
    FROM hashes AS h LEFT JOIN details AS d ON d.identifier = h.identifier
    LEFT JOIN details AS m ON m.identifier = h.motion_identifier WHERE h.hash = ANY(%s::text[])
"""
"""Takes hashes, as do the next three."""
ALIASES = "SELECT hash, alias, token FROM aliases WHERE hash = ANY(%s::text[])"
PROXIES = """
    SELECT a.hash, p.url, p.alias, p.accessed
    FROM aliases AS a JOIN proxies AS p ON p.alias = a.alias WHERE a.hash = ANY(%s::text[])
"""
VARIANTS = """
    SELECT v.hash, v.variant, v.identifier, v.accessed, d.json::text
    FROM variants AS v LEFT JOIN details AS d ON d.identifier = v.identifier
    WHERE v.hash = ANY(%s::text[])
"""
_UPLOADS = f"{UPLOADS} WHERE %s::uuid IS NULL OR u.id > %s::uuid ORDER BY u.id LIMIT %s"
_QUEUES = ", ".join(f"'{each.value}'" for each in Queue)
_JOBS = f"""
    SELECT id, queue, job, queue_time, retry, unique_key FROM job_queue
    WHERE (%s::uuid IS NULL OR id > %s::uuid) AND queue IN ({_QUEUES}) ORDER BY id LIMIT %s
"""
_SETTINGS = "SELECT key, value FROM settings WHERE key <> %s"
_TALLY = (
    _sound_of("hashes"),
    _sound_of("aliases"),
    "SELECT count(*) FROM aliases AS a JOIN proxies AS p ON p.alias = a.alias"
    f" WHERE {sound('a.hash')}",
    _sound_of("variants"),
    "SELECT count(*) FROM uploads",
    f"SELECT count(*) FROM job_queue WHERE queue IN ({_QUEUES})",
    f"SELECT count(*) FROM settings WHERE key <> '{HEALTH}'",
)


@attrs.frozen
class Found:
    """Rows of a page: of the originals, and of what hangs on them."""

    originals: Sequence[Row]
    aliases: Sequence[Row]
    proxies: Sequence[Row]
    variants: Sequence[Row]

    def values(self) -> Sequence[CarriedOriginal]:
        """In the order of the originals. Takes a while, and may run in any thread."""
        drafts = {row[0]: _draft(row) for row in self.originals}
        for key, alias, token in self.aliases:
            drafts[key].name(alias, token)
        for key, url, alias, accessed in self.proxies:
            drafts[key].relate(url, alias, moment(accessed))
        for key, name, identifier, accessed, details in self.variants:
            drafts[key].vary(name, identifier, moment(accessed))
            drafts[key].describe(identifier, _details(details))
        return [draft.finished() for draft in drafts.values()]


async def originals(step: Step, after: str | None, limit: int) -> Found:
    """See ``IRecords.originals``."""
    await by_index(step)
    return await _found(step, [key for (key,) in await step.rows(KEYS, after, after, limit)])


async def stored(step: Step, keys: Sequence[str]) -> Found:
    """See ``IRecords.stored``; in the order of the keys."""
    await by_index(step)
    return await _found(step, keys)


async def _found(step: Step, keys: Sequence[str]) -> Found:
    place = {key: number for number, key in enumerate(keys)}
    found, *hanging = [
        await step.rows(sql, list(keys)) for sql in (ORIGINALS, ALIASES, PROXIES, VARIANTS)
    ]
    return Found(sorted(found, key=lambda row: place[row[0]]), *hanging)


async def uploads(sessions: Sessions, after: str | None, limit: int) -> Sequence[Upload]:
    """See ``IRecords.uploads``."""
    return [upload_of(row) for row in await sessions.rows(_UPLOADS, after, after, limit)]


async def jobs(sessions: Sessions, after: str | None, limit: int) -> Sequence[CarriedJob]:
    """See ``IRecords.jobs``."""
    return [_job(row) for row in await sessions.rows(_JOBS, after, after, limit)]


async def settings(sessions: Sessions) -> Mapping[str, bytes]:
    """See ``IRecords.settings``."""
    found = await sessions.rows(_SETTINGS, HEALTH)
    return {key: bytes.fromhex(value) for key, value in found}


async def tally(step: Step) -> Tally:
    """See ``IRecords.tally``."""
    return Tally(*[(await step.rows(sql))[0][0] for sql in _TALLY])


def _draft(row: Row) -> Draft:
    *columns, details, motion_details = row
    record = rows.record(columns)
    draft = Draft(record)
    draft.describe(record.identifier, _details(details))
    draft.describe(record.motion, _details(motion_details))
    return draft


def _details(text: str | None) -> Details | None:
    """None for those of an unknown form, too: pictd would measure anew."""
    try:
        return None if text is None else rows.details(json.loads(text))
    except ValueError:
        return None


def _job(row: Row) -> CarriedJob:
    id, queue, payload, due, left, unique_key = row
    return CarriedJob(id, Queue(queue), payload, moment(due), max(0, left), unique_key)
