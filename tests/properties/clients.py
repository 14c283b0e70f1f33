"""Clients of a world, which tell the model what they were told."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred

from pictd.errors import (
    AliasNotFound,
    BytesLost,
    InvalidDeleteToken,
    MediaFailed,
    ProxyNotFound,
)
from pictd.generate.service import Recipe
from pictd.ingest.session import Ingested
from pictd.model.alias import Alias, DeleteToken
from pictd.model.records import Original
from pictd.model.uploads import Uploaded, UploadFailed, UploadQuery, UploadResult
from tests.properties.checks import Checks
from tests.properties.model import Name, Queued
from tests.properties.waiting import Request, Waiting
from tests.properties.world import LIFETIMES

GIVEN_UP = "command-failure"


class Clients(Waiting):
    """What they ask for."""

    def upload(self, content: bytes) -> None:
        """Inline."""
        mark, losses = self.model.mark(content), self.model.losses[content]

        def told(made: Ingested) -> None:
            self.model.tell(made.alias, Name(content, made.token), mark)
            if losses == self.model.losses[content]:
                self.model.lost.discard(content)
            assert (made.details.width, made.blurhash) == (4, "BLUR")

        def missed(cut: bool) -> None:
            (self.model.strangers if cut else self.left)[content] += 1

        received = self.world.received(content)
        self.track(Request(self.world.ingest.ingest(received, UploadQuery()), missed), told)

    def queue(self, content: bytes) -> None:
        """To be worked on later."""
        created, mark = self.world.now, self.model.mark(content)

        sweeps = self.model.sweeps

        def told(id: str) -> None:
            self.model.queued[id] = Queued(content, created, mark, set(self.model.sweeping))
            self.model.claim_ended(id, None, uncertain=sweeps != self.model.sweeps)

        def missed(cut: bool) -> None:
            if cut:
                self.model.unknown_uploads += 1
            else:
                self.left_queueing += 1

        received = self.world.received(content)
        self.track(Request(self.world.queueing.queue(received, UploadQuery()), missed), told)

    def claim(self, id: str, patient: bool) -> None:
        """:param patient: whether to wait until there is a result."""
        upload, claim = self.model.queued[id], object()
        upload.doubts.add(claim)

        def told(result: UploadResult | None) -> None:
            if result is not None:
                assert not upload.gone, "it was claimed twice"
                upload.gone = True
            if isinstance(result, Uploaded):
                self.model.tell(result.alias, Name(upload.content, result.token), upload.mark)
            assert not isinstance(result, UploadFailed) or result.code == GIVEN_UP
            self.model.claim_ended(id, claim, uncertain=False)

        def missed(_: bool) -> None:
            self.model.strangers[upload.content] += 1
            self.model.claim_ended(id, claim, uncertain=True)

        self.track(Request(self._begin(self._claimed(id, patient)), missed), told)

    def delete(self, alias: Alias) -> None:
        """With its token."""
        name, deletion = self.model.names[alias], self.model.begin_delete(alias)

        def told(_: None) -> None:
            name.gone = True
            name.doubts.discard(deletion)

        deleted = self._begin(self.world.removal.delete(alias, name.token))
        self.track(Request(deleted, lambda _: self.model.leave(deletion)), told)

    def delete_wrongly(self, alias: Alias) -> None:
        """With another token."""

        def told(_: None) -> None:
            assert self.model.look(alias) is None, "any token deletes"

        wrong = DeleteToken("another")
        deleted = self._begin(self.world.removal.delete(alias, wrong))
        self.track(Request(deleted, _forget), told, InvalidDeleteToken)

    def purge(self, alias: Alias) -> None:
        """With all names of the content."""
        purge = self.model.begin_purge(self.model.names[alias].content)
        purged = self._begin(self.world.removal.purge(alias))
        self.track(
            Request(purged, lambda _: self.model.leave(purge)),
            lambda aliases: self.model.purge_ended(purge, aliases),
            AliasNotFound,
        )

    def show(self, alias: Alias, recipe: Recipe) -> None:
        """A variant."""
        name = self.model.names[alias]

        def told(found: bool) -> None:
            assert found or name.gone or name.doubts or self.model.losses[name.content], alias

        self.track(Request(self._begin(self._variant(alias, recipe)), _forget), told)

    def proxy(self, url: str) -> None:
        """Show what is at a URL."""
        content = self.world.ground.pages[url]
        mark, losses = self.model.mark(content), self.model.losses[content]

        def told(original: Original) -> None:
            known = self.model.names.get(original.alias)
            if known is None:
                self.model.tell(original.alias, Name(content, original.token, url=url), mark)
                known = self.model.names[original.alias]
                known.doubts |= self.model.sweeping
                if losses == self.model.losses[content]:
                    self.model.lost.discard(content)
            known.accessed = self.world.now
            self.world.access.note_url(url)
            self.world.ground.finish(self.world.access.write())

        shown = self._begin(self.world.proxies.original(url))
        self.track(Request(shown, _forget), told, ProxyNotFound)

    def sweep(self) -> None:
        """Let go of what is outdated."""
        now = self.world.now
        sweep = self.model.begin_sweep(now - LIFETIMES.proxies, now - LIFETIMES.uploads)
        alone = not self.running and not self.world.gates.standing
        begun = self.begun

        def told(_: None) -> None:
            self.model.leave(sweep)
            if alone and self.begun == begun + 1:
                Checks(self.model, self.world).nothing_outdated(now)

        swept = self._begin(self.world.retention.sweep())
        self.track(Request(swept, lambda _: self.model.leave(sweep), leaves=False), told)

    def sweep_strays(self) -> None:
        """Remove what a crash has left, as the server does when it starts."""
        swept = self._begin(self.world.strays.sweep(self.world.now))
        self.track(Request(swept, _forget, leaves=False), _forget)

    async def _claimed(self, id: str, patient: bool) -> UploadResult | None:
        ended = Deferred.fromCoroutine(self.world.repo.uploads.wait(id))
        ended.addErrback(lambda _: None)
        upload = await self.world.repo.uploads.find(id)
        if patient and upload is not None and upload.result is None:
            await ended
            upload = await self.world.repo.uploads.find(id)
        if upload is None or upload.result is None:
            return None
        result: UploadResult = upload.result
        return result if await self.world.repo.uploads.claim(id) else None

    async def _variant(self, alias: Alias, recipe: Recipe) -> bool:
        """Whether there is one."""
        original = await self.world.repo.aliases.find(alias)
        try:
            return original is not None and bool(await self.world.generate.make(original, recipe))
        except (AliasNotFound, BytesLost, MediaFailed):
            return False

    def _begin(self, work: Coroutine[Any, Any, Any]) -> Deferred[Any]:
        return Deferred.fromCoroutine(work)


def _forget(_: object) -> None:
    """Nobody promised anything."""
