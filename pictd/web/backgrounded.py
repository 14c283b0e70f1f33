"""Queued uploads: ``POST /image/backgrounded`` and their claim (spec http-api §4.3, §4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import attrs
from twisted.internet.defer import Deferred, TimeoutError
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd.errors import (
    AliasNotFound,
    AlreadyClaimed,
    FormWithoutFiles,
    InvalidQuery,
    RepoUnavailable,
)
from pictd.ingest.receive import receive
from pictd.model.claims import telling_claim
from pictd.model.uploads import UploadFailed, UploadQuery, UploadResult
from pictd.web.answers import send_empty, send_failure, send_json
from pictd.web.entries import entry
from pictd.web.forms import Forms
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route

PATIENCE = 10.0
POLL_EVERY = 2.0

_log = Logger()


@attrs.frozen
class Backgrounded:
    """Uploads that are worked on later.

    :ivar patience: seconds that a claim waits for a pending upload.
    :ivar poll_every: seconds between looks at it that nobody announced anything for.
    :ivar answering: ids of uploads whose result this process is telling to somebody; whoever asks
        another process in that moment is told, too.
    """

    parts: Parts
    patience: float = PATIENCE
    poll_every: float = POLL_EVERY
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
        ids: list[str] = []
        done = False
        try:
            await self._receive(request, query, ids)
            done = True
        finally:
            if not done:
                await self._cancel(ids)
        send_queued(request, ids)

    async def claim(self, request: PictdRequest) -> None:
        """The result of an upload, to one claimer; 204 while there is none, or while another node
        tells it, for that one may die in it. It is let go only once it was told (contract A8), and
        by a read-only server not at all (C5)."""
        id = _upload_id(Query.parse(request.query).required("upload_id"))
        end = self.parts.clock.seconds() + self.patience
        while await self._result(id, end) is not None:
            if await self._told(request, id):
                return None
            left = end - self.parts.clock.seconds()
            if left <= 0:
                break
            elsewhere = Deferred.fromCoroutine(self.parts.repo.claims.wait(telling_claim(id)))
            await self._rest(elsewhere, min(left, self.poll_every))
        return send_empty(request, 204)

    async def _told(self, request: PictdRequest, id: str) -> bool:
        """Tell it. False, and nothing done: another node tells it."""
        if id in self.answering:
            raise AlreadyClaimed
        self.answering.add(id)
        try:
            telling = partial(self._tell_and_let_go, request, id)
            return await self.parts.claiming.unless_claimed(telling_claim(id), telling)
        finally:
            self.answering.discard(id)

    async def _receive(self, request: PictdRequest, query: UploadQuery, ids: list[str]) -> None:
        """:param ids: is filled with those of what was queued."""
        settings = self.parts.settings
        forms = Forms(request, settings.max_file_count, settings.max_file_size)
        while (file := await forms.next_file()) is not None:
            self.parts.metrics.files.add(upload="background")
            self.parts.refuse_if_read_only()
            received = await receive(file, self.parts.scratch)
            ids.append(await self.parts.queueing.queue(received, query))
        if not ids:
            raise FormWithoutFiles

    async def _result(self, id: str, end: float) -> UploadResult | None:
        """The result, as soon as there is one; None: there is none yet.

        :raise AlreadyClaimed: there is no such upload any more.
        """
        while True:
            # Listening begins before the look at the upload: its end between would be missed.
            news = Deferred.fromCoroutine(self.parts.repo.uploads.wait(id))
            try:
                upload = await self.parts.repo.uploads.find(id)
                if upload is None:
                    raise AlreadyClaimed
                left = end - self.parts.clock.seconds()
                if upload.result is not None or left <= 0:
                    return upload.result
                await self._rest(news, min(left, self.poll_every))
            finally:
                news.cancel()
                news.addErrback(lambda _: None)

    async def _rest(self, news: Deferred[None], seconds: float) -> None:
        news.addTimeout(seconds, self.parts.clock)
        with suppress(TimeoutError):
            await news

    async def _tell_and_let_go(self, request: PictdRequest, id: str) -> None:
        """:raise AlreadyClaimed: another node told it since the caller looked."""
        upload = await self.parts.repo.uploads.find(id)
        if upload is None or upload.result is None:
            raise AlreadyClaimed
        await self._tell(request, upload.result)
        self.parts.metrics.claims.add()
        await self._let_go(id)

    async def _tell(self, request: PictdRequest, result: UploadResult) -> None:
        """Answer; that the file was deleted since is an answer, too."""
        if isinstance(result, UploadFailed):
            return send_json(request, 422, {"msg": result.message, "code": result.code})
        original = await self.parts.repo.aliases.find(result.alias)
        if original is None:
            return send_failure(request, Failure(AliasNotFound()))
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
            await self.parts.queueing.cancel(id)


def send_queued(request: PictdRequest, ids: Sequence[str]) -> None:
    """What is answered for uploads that were queued."""
    send_json(request, 202, {"msg": "ok", "uploads": [{"upload_id": id} for id in ids]})


def _upload_id(text: str) -> str:
    """In any common spelling of a UUID."""
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidQuery("not a UUID", field="upload_id") from None
