"""The memory repo's queued uploads."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from pictd.interfaces.queues import IUploads
from pictd.model.records import Queue
from pictd.model.uploads import Upload, Uploaded, UploadFailed
from pictd.repo.memory_tables import Tables


@implementer(IUploads)
class MemoryUploads:
    """See ``IUploads``."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def begin(self, id: str, identifier: str, payload: object, now: int) -> None:
        """See ``IUploads``."""
        self._tables.uploads[id] = Upload(id, identifier, now)
        self._tables.push(Queue.PROCESS, payload, now, None)  # last, for it wakes workers

    async def find(self, id: str) -> Upload | None:
        """See ``IUploads``."""
        return self._tables.uploads.get(id)

    async def fail(self, id: str, message: str, code: str) -> bool:
        """See ``IUploads``."""
        if not self._tables.is_pending(id):
            return False
        self._tables.complete(id, UploadFailed(message, code))
        return True

    async def claim(self, id: str) -> bool:
        """See ``IUploads``."""
        if id not in self._tables.uploads or self._tables.is_pending(id):
            return False
        del self._tables.uploads[id]
        self._tables.wakeups.wake([id])
        return True

    async def wait(self, id: str) -> None:
        """See ``IUploads``."""
        await self._tables.wakeups.wait(id)

    async def expired(self, before: int, limit: int) -> Sequence[Upload]:
        """See ``IUploads``."""
        old = [upload for upload in self._tables.uploads.values() if upload.created < before]
        return sorted(old, key=lambda upload: (upload.created, upload.id))[:limit]

    async def expire(self, id: str, before: int) -> bool:
        """See ``IUploads``."""
        upload = self._tables.uploads.get(id)
        if upload is None or upload.created >= before:
            return False
        del self._tables.uploads[id]
        if upload.identifier is not None:
            self._tables.push_cleanup(upload.identifier)
        if isinstance(upload.result, Uploaded):
            self._remove_unclaimed(upload.result)
        self._tables.wakeups.wake([id])
        return True

    def _remove_unclaimed(self, result: Uploaded) -> None:
        """Whoever removed the alias may have given the name to something else since."""
        token, _ = self._tables.aliases.get(result.alias, (None, None))
        if token == result.token:
            self._tables.remove_named(result.alias)
