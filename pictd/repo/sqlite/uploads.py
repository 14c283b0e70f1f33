"""Queued uploads, until they are claimed."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
from pictd.repo.sqlite.jobs import push_cleanup, push_job
from pictd.repo.sqlite.reader import Reader, Row, fetch
from pictd.repo.sqlite.removal import remove_alias
from pictd.repo.sqlite.writer import Step, Writer
from pictd.repo.wakeups import Wakeups

COLUMNS = "id, identifier, created, result"
"""Columns of ``uploads`` that ``upload_of`` takes."""
_BEGIN = "INSERT INTO uploads (id, identifier, created) VALUES (?, ?, ?)"
_FIND = f"SELECT {COLUMNS} FROM uploads WHERE id = ?"
_PENDING = "SELECT identifier FROM uploads WHERE id = ? AND result IS NULL"
_COMPLETE = "UPDATE uploads SET result = ?, identifier = NULL WHERE id = ?"
_CLAIM = "DELETE FROM uploads WHERE id = ? AND result IS NOT NULL"
EXPIRED = f"SELECT {COLUMNS} FROM uploads WHERE created < ? ORDER BY created, id LIMIT ?"
"""Takes a moment and a limit."""
_EXPIRE = f"DELETE FROM uploads WHERE id = ? AND created < ? RETURNING {COLUMNS}"


@implementer(IUploads)
class SqliteUploads:
    """Table ``uploads``."""

    def __init__(self, reader: Reader, writer: Writer, wakeups: Wakeups) -> None:
        self._reader = reader
        self._writer = writer
        self._wakeups = wakeups

    async def begin(self, id: str, identifier: str, payload: object, now: int) -> None:
        """See ``IUploads``."""
        await self._writer.run(lambda step: _begin(step, (id, identifier, now), payload))

    async def find(self, id: str) -> Upload | None:
        """See ``IUploads``."""
        found = self._reader.rows(_FIND, id)
        return upload_of(found[0]) if found else None

    async def fail(self, id: str, message: str, code: str) -> bool:
        """See ``IUploads``."""
        failed = UploadFailed(message, code)
        return await self._writer.run(lambda step: _complete(step, id, failed))

    async def claim(self, id: str) -> bool:
        """See ``IUploads``."""
        if not self._reader.rows(_FIND, id):
            return False  # whoever guesses at ids causes no writes
        return await self._writer.run(lambda step: _claim(step, id))

    async def wait(self, id: str) -> None:
        """See ``IUploads``."""
        await self._wakeups.wait(id)

    async def expired(self, before: int, limit: int) -> Sequence[Upload]:
        """See ``IUploads``."""
        found = await self._reader.in_thread(lambda db: fetch(db, EXPIRED, before, limit))
        return [upload_of(row) for row in found]

    async def expire(self, id: str, before: int) -> bool:
        """See ``IUploads``."""
        return await self._writer.run(lambda step: _expire(step, id, before))


def succeed(step: Step, id: str, result: Uploaded) -> None:
    """Complete a pending upload, as part of the step that publishes it.

    :raise UploadGone: none is pending.
    """
    if not _complete(step, id, result):
        raise UploadGone


def upload_of(row: Row) -> Upload:
    """Of the columns ``COLUMNS``."""
    id, identifier, created, result = row
    known = None if result is None else result_from_json(json.loads(result))
    return Upload(id, identifier, created, known)


def _begin(step: Step, row: tuple[str, str, int], payload: object) -> None:
    """:param row: id, identifier, moment."""
    step.execute(_BEGIN, *row)
    push_job(step, Queue.PROCESS, payload, row[2])


def _complete(step: Step, id: str, result: UploadResult) -> bool:
    found = step.rows(_PENDING, id)
    if not found:
        return False
    ((identifier,),) = found
    text = json.dumps(result_to_json(result), separators=(",", ":"))
    step.execute(_COMPLETE, text, id)
    _let_go(step, identifier)
    step.news.add(id)
    return True


def _claim(step: Step, id: str) -> bool:
    claimed = step.execute(_CLAIM, id) > 0
    if claimed:
        step.news.add(id)
    return claimed


def _expire(step: Step, id: str, before: int) -> bool:
    found = step.rows(_EXPIRE, id, before)
    if not found:
        return False
    upload = upload_of(found[0])
    _let_go(step, upload.identifier)
    if isinstance(upload.result, Uploaded):
        _remove_unclaimed(step, upload.result)
    step.news.add(id)
    return True


def _let_go(step: Step, identifier: str | None) -> None:
    """Of raw bytes, which what was taken over from elsewhere may lack."""
    if identifier is not None:
        push_cleanup(step, identifier)


def _remove_unclaimed(step: Step, result: Uploaded) -> None:
    """Whoever removed the alias may have given the name to something else since."""
    alias = str(result.alias)
    for (token,) in step.rows("SELECT token FROM aliases WHERE alias = ?", alias):
        if result.token.text == token:
            remove_alias(step, alias)
