"""Clients of a world, which tell the model what they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from pictd.errors import (
    AliasNotFound,
    BytesLost,
    InvalidDeleteToken,
    MediaFailed,
    Overloaded,
    PictdError,
    ProxyNotFound,
    RepoUnavailable,
    StoreUnavailable,
)
from pictd.generate.service import Recipe
from pictd.ingest.session import Ingested
from pictd.model.alias import Alias, DeleteToken
from pictd.model.records import Original
from pictd.model.uploads import Uploaded, UploadFailed, UploadQuery, UploadResult
from tests.properties.checks import Checks
from tests.properties.model import Model, Name, Queued
from tests.properties.world import LIFETIMES, World

ASKED_FOR = (Overloaded, RepoUnavailable, StoreUnavailable)
"""What backends raise where a gate lets them fail."""

GIVEN_UP = "command-failure"


@attrs.define(eq=False)
class Request:
    """Something that a client waits for.

    :ivar missed: called where it is never told of an end; the argument says whether its work may
        have been cut off, so that all of it happened or none.
    """

    work: Deferred[Any]
    missed: Callable[[bool], None]


class Clients:
    """:ivar failures: what went wrong in a way that no promise allows.
    :ivar troubled: whether a backend failed in this world.
    """

    def __init__(self, world: World, model: Model) -> None:
        self.world, self.model = world, model
        self.running: list[Request] = []
        self.failures: list[Failure] = []
        self.troubled = False
        self._left: Counter[bytes] = Counter()
        self._left_queueing = 0
        self._begun = 0

    def upload(self, content: bytes) -> None:
        """Inline."""
        mark, losses = self.model.mark(content), self.model.losses[content]

        def told(made: Ingested) -> None:
            self.model.tell(made.alias, Name(content, made.token), mark)
            if losses == self.model.losses[content]:
                self.model.lost.discard(content)
            assert (made.details.width, made.blurhash) == (4, "BLUR")

        def missed(cut: bool) -> None:
            (self.model.strangers if cut else self._left)[content] += 1

        received = self.world.received(content)
        self._track(self.world.ingest.ingest(received, UploadQuery()), told, missed)

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
                self._left_queueing += 1

        received = self.world.received(content)
        self._track(self.world.queueing.queue(received, UploadQuery()), told, missed)

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

        self._track(self._begin(self._claimed(id, patient)), told, missed)

    def delete(self, alias: Alias) -> None:
        """With its token."""
        name, deletion = self.model.names[alias], self.model.begin_delete(alias)

        def told(_: None) -> None:
            name.gone = True
            name.doubts.discard(deletion)

        deleted = self._begin(self.world.removal.delete(alias, name.token))
        self._track(deleted, told, lambda _: self.model.leave(deletion))

    def delete_wrongly(self, alias: Alias) -> None:
        """With another token."""

        def told(_: None) -> None:
            assert self.model.look(alias) is None, "any token deletes"

        wrong = DeleteToken("another")
        deleted = self._begin(self.world.removal.delete(alias, wrong))
        self._track(deleted, told, _forget, InvalidDeleteToken)

    def purge(self, alias: Alias) -> None:
        """With all names of the content."""
        purge = self.model.begin_purge(self.model.names[alias].content)
        self._track(
            self._begin(self.world.removal.purge(alias)),
            lambda aliases: self.model.purge_ended(purge, aliases),
            lambda _: self.model.leave(purge),
            AliasNotFound,
        )

    def show(self, alias: Alias, recipe: Recipe) -> None:
        """A variant."""
        name = self.model.names[alias]

        def told(found: bool) -> None:
            assert found or name.gone or name.doubts or self.model.losses[name.content], alias

        self._track(self._begin(self._variant(alias, recipe)), told, _forget)

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
        self._track(shown, told, _forget, ProxyNotFound)

    def sweep(self) -> None:
        """Let go of what is outdated."""
        now = self.world.now
        sweep = self.model.begin_sweep(now - LIFETIMES.proxies, now - LIFETIMES.uploads)
        alone = not self.running and not self.world.gates.standing
        begun = self._begun

        def told(_: None) -> None:
            self.model.leave(sweep)
            if alone and self._begun == begun + 1:
                Checks(self.model, self.world).nothing_outdated(now)

        swept = self._begin(self.world.retention.sweep())
        self._track(swept, told, lambda _: self.model.leave(sweep))

    def sweep_strays(self) -> None:
        """Remove what a crash has left, as the server does when it starts."""
        self._track(self._begin(self.world.strays.sweep(self.world.now)), _forget, _forget)

    def leave(self, number: int) -> None:
        """One of those who wait goes away."""
        self.running[number % len(self.running)].work.cancel()

    def fail(self, number: int) -> None:
        """A backend fails at a step."""
        self.troubled = True
        self.world.gates.fail(number)

    def die(self) -> None:
        """With the process; nobody is told anything any more."""
        self.world.gates.die()
        for request in list(self.running):
            self.running.remove(request)
            request.missed(True)
        self._count_left()
        self.world.end()

    def settled(self) -> None:
        """Nobody works any more: who left has been undone, unless a backend failed."""
        if self.troubled:
            self._count_left()
        self._left.clear()
        self._left_queueing = 0

    def _count_left(self) -> None:
        self.model.strangers.update(self._left)
        self.model.unknown_uploads += self._left_queueing
        self._left.clear()
        self._left_queueing = 0

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

    def _track(
        self,
        work: Deferred[Any],
        told: Callable[[Any], None],
        missed: Callable[[bool], None],
        allowed: type[PictdError] | tuple[type[PictdError], ...] = (),
    ) -> None:
        request = Request(work, missed)
        self.running.append(request)
        self._begun += 1

        def failed(failure: Failure) -> None:
            if failure.check(CancelledError) is None:
                passing = ASKED_FOR if self.troubled else ()
                if not isinstance(failure.value, (passing, allowed)):
                    failure.raiseException()
            missed(self.troubled)

        work.addBoth(self._forgotten, request)
        work.addCallbacks(told, failed)
        work.addErrback(self.failures.append)

    def _forgotten(self, outcome: Any, request: Request) -> Any:
        if request in self.running:
            self.running.remove(request)
        return outcome


def _forget(_: object) -> None:
    """Nobody promised anything."""
