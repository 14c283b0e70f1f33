"""Queued uploads: ``POST /image/backgrounded`` and their claim (spec http-api §4.3, §4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger

from pictd.errors import (
    AliasNotFound,
    AlreadyClaimed,
    FormWithoutFiles,
    InvalidQuery,
    PictdError,
    RepoUnavailable,
)
from pictd.ingest.receive import receive
from pictd.model.uploads import UploadFailed, UploadResult
from pictd.web.answers import send_empty, send_json
from pictd.web.entries import entry
from pictd.web.forms import Forms
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.routing import Route
from pictd.web.site import PictdRequest

PATIENCE = 10.0
"""Seconds that a claim waits for a pending upload."""

POLL_EVERY = 2.0
"""Seconds between looks at it that nobody announced anything for."""

_log = Logger()


@attrs.frozen
class Backgrounded:
    """Uploads that are worked on later.

    :ivar answering: ids of uploads whose result is being told to somebody.
    """

    parts: Parts
    answering: set[str] = attrs.field(factory=set)

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [
            Route("/image/backgrounded", {b"POST": self.queue}, wrong_method=404),
            Route("/image/backgrounded/claim", {b"GET": self.claim}),
        ]

    async def queue(self, request: PictdRequest) -> None:
        """202 with an id for each file; all are queued, or none."""
        query = Query.parse(request.query).upload()
        settings = self.parts.settings
        forms = Forms(request, settings.max_file_count, settings.max_file_size)
        ids: list[str] = []
        done = False
        try:
            while (file := await forms.next_file()) is not None:
                self.parts.metrics.files.add(upload="background")
                self.parts.refuse_if_read_only()
                received = await receive(file, self.parts.scratch)
                ids.append(await self.parts.queueing.queue(received, query))
            done = bool(ids)
        finally:
            if not done:
                await self._cancel(ids)
        if not ids:
            raise FormWithoutFiles
        send_queued(request, ids)

    async def claim(self, request: PictdRequest) -> None:
        """The result of an upload, to one claimer; 204 while there is none. It is let go only once
        it was told (contract A8), and by a read-only server not at all (C5)."""
        id = _upload_id(Query.parse(request.query).required("upload_id"))
        result = await self._result(id)
        if result is None:
            return send_empty(request, 204)
        if id in self.answering:
            raise AlreadyClaimed
        self.answering.add(id)
        try:
            await self._tell(request, result)
            self.parts.metrics.claims.add()
            await self._let_go(id)
        finally:
            self.answering.discard(id)
        return None

    async def _result(self, id: str) -> UploadResult | None:
        """The result, as soon as there is one; None: there is none yet.

        :raise AlreadyClaimed: there is no such upload any more.
        """
        end = self.parts.clock.seconds() + PATIENCE
        while True:
            # Listening begins before the look at the upload: its end between would be missed.
            ended = Deferred.fromCoroutine(self.parts.repo.uploads.wait(id))
            ended.addErrback(lambda _: None)
            try:
                upload = await self.parts.repo.uploads.find(id)
                left = end - self.parts.clock.seconds()
                if upload is None:
                    raise AlreadyClaimed
                if upload.result is not None or left <= 0:
                    return upload.result
                await self._rest(ended, min(left, POLL_EVERY))
            finally:
                ended.cancel()

    async def _rest(self, until: Deferred[None], seconds: float) -> None:
        waiter: Deferred[None] = Deferred()
        until.addCallback(lambda _: None if waiter.called else waiter.callback(None))
        waiter.addTimeout(seconds, self.parts.clock)
        try:
            await waiter
        except TimeoutError:
            return

    async def _tell(self, request: PictdRequest, result: UploadResult) -> None:
        if isinstance(result, UploadFailed):
            return send_json(request, 422, {"msg": result.message, "code": result.code})
        original = await self.parts.repo.aliases.find(result.alias)
        if original is None:
            raise AliasNotFound
        details = await self.parts.lookup.details(original)
        told = entry(result.alias, result.token, details, original.record.blurhash)
        return send_json(request, 200, {"msg": "ok", "files": [told]})

    async def _let_go(self, id: str) -> None:
        if self.parts.settings.read_only:
            return
        try:
            await self.parts.repo.uploads.claim(id)
        except RepoUnavailable as error:
            _log.warn("{id} was told, and may be claimed again: {error}", id=id, error=error)

    async def _cancel(self, ids: Sequence[str]) -> None:
        for id in ids:
            try:
                await self.parts.queueing.cancel(id)
            except PictdError as error:
                _log.warn("{id}: nobody will claim it; it expires: {e}", id=id, e=error)


def send_queued(request: PictdRequest, ids: Sequence[str]) -> None:
    """What is answered for uploads that were queued."""
    send_json(request, 202, {"msg": "ok", "uploads": [{"upload_id": id} for id in ids]})


def _upload_id(text: str) -> str:
    """In any common spelling of a UUID."""
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidQuery("not a UUID", field="upload_id") from None
