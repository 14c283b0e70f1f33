"""Queued uploads, until they are claimed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from psycopg2.extras import Json
from zope.interface import implementer

from pictd.errors import UploadGone
from pictd.interfaces.queues import IUploads
from pictd.model.records import Queue
from pictd.model.uploads import (
    Upload,
    Uploaded,
    UploadFailed,
    UploadResult,
    result_from_json,
    result_to_json,
)
from pictd.repo.postgres.jobs import push_cleanups, push_job
from pictd.repo.postgres.removal import remove_alias
from pictd.repo.postgres.sessions import Row, Sessions, Step
from pictd.repo.postgres.values import moment, stamp, stamp_up
from pictd.repo.wakeups import Wakeups

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
UPLOADS = """
    SELECT u.id, CASE WHEN u.result IS NULL THEN p.identifier END, u.created_at, u.result
    FROM uploads AS u LEFT JOIN pictd_uploads AS p ON p.id = u.id
"""
"""Rows that ``upload_of`` takes."""
_BEGIN = "INSERT INTO uploads (id, created_at) VALUES (%s, %s)"
_KEEP = "INSERT INTO pictd_uploads (id, identifier) VALUES (%s, %s)"
_FIND = f"{UPLOADS} WHERE u.id = %s"
_COMPLETE = "UPDATE uploads SET result = %s WHERE id = %s AND result IS NULL"
_LET_GO = "DELETE FROM pictd_uploads WHERE id = %s RETURNING identifier"
_CLAIM = "DELETE FROM uploads WHERE id = %s AND result IS NOT NULL"
EXPIRED = f"{UPLOADS} WHERE u.created_at < %s ORDER BY u.created_at, u.id LIMIT %s"
"""Takes a moment and a limit."""
_EXPIRING = f"{UPLOADS} WHERE u.id = %s AND u.created_at < %s FOR UPDATE OF u"


@implementer(IUploads)
class PostgresUploads:
    """Tables ``uploads`` and ``pictd_uploads``, which has the identifiers of raw bytes."""

    def __init__(self, sessions: Sessions, wakeups: Wakeups) -> None:
        self._sessions = sessions
        self._wakeups = wakeups

    async def begin(self, id: str, identifier: str, payload: object, now: int) -> None:
        """See ``IUploads``."""
        await self._sessions.run(lambda step: _begin(step, Upload(id, identifier, now), payload))

    async def find(self, id: str) -> Upload | None:
        """See ``IUploads``."""
        if not _is_id(id):
            return None
        found = await self._sessions.rows(_FIND, id)
        return upload_of(found[0]) if found else None

    async def fail(self, id: str, message: str, code: str) -> bool:
        """See ``IUploads``."""
        failed = UploadFailed(message, code)
        return _is_id(id) and await self._sessions.run(lambda step: _complete(step, id, failed))

    async def claim(self, id: str) -> bool:
        """See ``IUploads``."""
        return _is_id(id) and await self._sessions.run(lambda step: _claim(step, id))

    async def wait(self, id: str) -> None:
        """See ``IUploads``."""
        await self._wakeups.wait(id)

    async def expired(self, before: int, limit: int) -> Sequence[Upload]:
        """See ``IUploads``."""
        found = await self._sessions.rows(EXPIRED, stamp_up(before), limit)
        return [upload_of(row) for row in found]

    async def expire(self, id: str, before: int) -> bool:
        """See ``IUploads``."""
        return _is_id(id) and await self._sessions.run(lambda step: _expire(step, id, before))


async def succeed(step: Step, id: str, result: Uploaded) -> None:
    """Complete a pending upload, as part of the step that publishes it.

    :raise UploadGone: none is pending.
    """
    if not _is_id(id) or not await _complete(step, id, result):
        raise UploadGone


def _is_id(text: str) -> bool:
    """The column would take other spellings of a UUID, too, and no other text at all."""
    return _ID.fullmatch(text) is not None


def upload_of(row: Row) -> Upload:
    """Of the query ``UPLOADS``."""
    id, identifier, created, result = row
    known = None if result is None else result_from_json(result)
    return Upload(id, identifier, moment(created), known)


async def _begin(step: Step, upload: Upload, payload: object) -> None:
    await step.execute(_BEGIN, upload.id, stamp(upload.created))
    await step.execute(_KEEP, upload.id, upload.identifier)
    await push_job(step, Queue.PROCESS, payload, upload.created)


async def _complete(step: Step, id: str, result: UploadResult) -> bool:
    if not await step.execute(_COMPLETE, Json(result_to_json(result)), id):
        return False
    await push_cleanups(step, [identifier for (identifier,) in await step.rows(_LET_GO, id)])
    step.news.add(id)
    return True


async def _claim(step: Step, id: str) -> bool:
    claimed = await step.execute(_CLAIM, id) > 0
    if claimed:
        step.news.add(id)
    return claimed


async def _expire(step: Step, id: str, before: int) -> bool:
    found = await step.rows(_EXPIRING, id, stamp_up(before))
    if not found:
        return False
    upload = upload_of(found[0])
    await step.execute("DELETE FROM uploads WHERE id = %s", id)
    if upload.identifier is not None:
        await push_cleanups(step, [upload.identifier])
    if isinstance(upload.result, Uploaded):
        await _remove_unclaimed(step, upload.result)
    step.news.add(id)
    return True


async def _remove_unclaimed(step: Step, result: Uploaded) -> None:
    """Whoever removed the alias may have given the name to something else since."""
    alias = str(result.alias)
    for (token,) in await step.rows("SELECT token FROM aliases WHERE alias = %s", alias):
        if result.token.text == token:
            await remove_alias(step, alias)
