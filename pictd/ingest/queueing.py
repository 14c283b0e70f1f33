"""Uploads that are worked on later: their raw bytes are stored, and a job is queued.

Crash windows: before ``store.save`` only scratch files exist; between ``save`` and ``begin`` the
raw bytes are stray, and the next start removes them; after ``begin`` the upload is queued, though
nobody may have been told of it, and expires if nobody claims it (contract C10).
"""

from __future__ import annotations

from uuid import uuid4

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd.errors import OutcomeUnknown, RepoUnavailable, StoreUnavailable
from pictd.ingest.session import Backends, Received
from pictd.model.times import from_seconds
from pictd.model.uploads import UploadQuery, query_to_json

RAW_TYPE = "application/octet-stream"
_EVER = 2**63 - 1


class Queueing(Service):
    """Queues received files."""

    _log = Logger()

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._running: set[Deferred[None]] = set()

    def queue(self, received: Received, query: UploadQuery) -> Deferred[str]:
        """Have a worker ingest the file. Its scratch folder is discarded in every case.

        Cancelling the result lets the step at hand end, and then takes the upload back.

        :return: the id by which the result is claimed.
        """
        result: Deferred[str] = Deferred(lambda _: None)
        work = Deferred.fromCoroutine(self._work(received, query, result))
        self._running.add(work)
        work.addBoth(lambda _: self._running.discard(work))
        return result

    async def cancel(self, id: str) -> None:
        """Nobody is going to claim it; where the repo is away it expires by itself."""
        try:
            await self._backends.repo.uploads.expire(id, _EVER)
        except RepoUnavailable as error:
            self._log.warn("{id}: nobody will claim it; it expires: {error}", id=id, error=error)

    def stopService(self) -> Deferred[None]:
        """Wait until nothing is on its way any more."""
        super().stopService()
        return gatherResults(list(self._running), consumeErrors=True).addCallback(lambda _: None)

    async def _work(self, received: Received, query: UploadQuery, result: Deferred[str]) -> None:
        try:
            id = await self._counted(received, query)
        except Exception:
            self._failed(Failure(), result)
            return
        if result.called:
            await self.cancel(id)
        else:
            result.callback(id)

    def _failed(self, failure: Failure, result: Deferred[str]) -> None:
        if not result.called:
            result.errback(failure)
            return
        self._log.failure("an upload whose client had left was not queued", failure)

    async def _counted(self, received: Received, query: UploadQuery) -> str:
        completed = False
        try:
            id = await self._queue(received, query)
            completed = True
        finally:
            self._backends.metrics.queued_uploads.add(completed=completed)
        return id

    async def _queue(self, received: Received, query: UploadQuery) -> str:
        try:
            return await self._store(received, query)
        finally:
            await self._backends.scratch.discard(received.folder)

    async def _store(self, received: Received, query: UploadQuery) -> str:
        store, repo, id = self._backends.store, self._backends.repo, str(uuid4())
        identifier = await store.save(received.path, "", RAW_TYPE)
        now = from_seconds(self._backends.clock.seconds())
        begun: bool | None = False
        try:
            await repo.uploads.begin(id, identifier, payload(id, identifier, query), now)
            begun = True
        except OutcomeUnknown:
            begun = None
            raise
        finally:
            await self._settle(identifier, begun)
        return id

    async def _settle(self, identifier: str, needed: bool | None) -> None:
        """Where this fails the bytes stay stray, and the sweep of strays does it: an upload that
        was queued is queued, and its client has to know of it.

        :param needed: None: nobody knows yet, and the sweep will.
        """
        store = self._backends.store
        if needed is None:
            return
        try:
            await (store.keep(identifier) if needed else store.remove(identifier))
        except StoreUnavailable as error:
            self._log.warn("{id} stays stray: {error}", id=identifier, error=error)


def payload(id: str, identifier: str, query: UploadQuery) -> object:
    """Of the job. pict-rs understands it too, and passes over ``operations``, which keep the order
    and the repeats that its own form loses (contract A9)."""
    return {
        "Ingest": {
            "identifier": identifier,
            "upload_id": id,
            "declared_alias": None,
            "upload_query": query_to_json(query),
            "operations": [list(pair) for pair in query.operations],
        }
    }
