"""One file on its way from received to published.

How it works: up to the store step a session may be cancelled at any moment and leaves nothing. From
the store step on it runs to its end even when its client has left; then it undoes itself, unless
it was queued and has completed its upload. Crash
windows: before ``store.save`` only scratch files exist, which the next start removes; between
``save`` and ``publish`` the bytes are stray, and the next start removes them; after ``publish`` the
upload is whole, though nobody may have been told of it.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd.errors import OutcomeUnknown, StoreUnavailable
from pictd.ingest.verdicts import Verdicts
from pictd.interfaces.media import IMedia
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.metrics import Metrics
from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.records import HashRecord, Naming, Normalised
from pictd.model.times import from_seconds
from pictd.model.uploads import UploadQuery

_log = Logger()


@attrs.frozen
class Received:
    """A file as it arrived.

    :ivar folder: scratch of this file alone; whoever holds this value discards it.
    :ivar path: the bytes, inside ``folder``.
    """

    folder: Path
    path: Path


@attrs.frozen
class Ingested:
    """A published upload.

    :ivar details: of the stored file; where the content was known already, of the first upload.
    """

    alias: Alias
    token: DeleteToken = attrs.field(repr=False)
    details: Details
    blurhash: str | None


@attrs.frozen
class Backends:
    """What every session works with.

    :ivar verdicts: None where the configuration names no validator.
    """

    repo: IRepo
    store: IStore
    media: IMedia
    scratch: IScratch
    clock: IReactorTime
    verdicts: Verdicts | None = None
    metrics: Metrics = attrs.field(factory=Metrics)


@attrs.frozen
class Filing:
    """Under what a file is published.

    :ivar declared: the alias that an import asks for; None has one made.
    :ivar url: the remote URL that is proxied under the alias, in its normalised spelling.
    :ivar upload: id of the queued upload that this completes.
    """

    declared: Alias | None = None
    url: str | None = None
    upload: str | None = None

    def naming(self, alias: Alias, token: DeleteToken, now: int) -> Naming:
        """What is recorded along with the name."""
        return Naming(alias, token, self.url, now, self.upload)


@attrs.define
class Session:
    """The life of one upload."""

    _backends: Backends
    _received: Received
    _query: UploadQuery
    _filing: Filing
    _left: bool = False
    _storing: bool = False
    _work: Deferred[Ingested] | None = None

    async def run(self) -> Ingested:
        """:raise UploadRefused: and whatever else normalising and validating raise.
        :raise AliasAlreadyExists: the declared alias is taken.
        :raise UrlAlreadyProxied: another node was quicker.
        :raise UploadGone: the queued upload was completed or has expired.
        """
        try:
            async with self._backends.store.expecting():
                ingested = await self._ingest()
        finally:
            await self._backends.scratch.discard(self._received.folder)
        if self._left and self._filing.upload is None:
            await undo(self._backends.repo, ingested)
        return ingested

    async def _ingest(self) -> Ingested:
        received = self._received
        made = await self._backends.media.normalise(received.path, received.folder, self._query)
        if self._backends.verdicts is not None:
            await self._backends.verdicts.judge(made)
        self._storing = True
        return await self._publish(made)

    def begin(self) -> Deferred[Ingested]:
        """Run; the result, or the failure, is the session's own and survives a client."""
        self._work = Deferred.fromCoroutine(self._run_counted())
        return self._work

    def leave(self) -> None:
        """Nobody waits for the result any more."""
        self._left = True
        if self._work is not None and not self._storing:
            self._work.cancel()

    async def _run_counted(self) -> Ingested:
        with self._backends.metrics.ingests.running():
            return await self.run()

    async def _publish(self, made: Normalised) -> Ingested:
        now = from_seconds(self._backends.clock.seconds())
        details = Details(made.width, made.height, made.frames, made.hash.format, now)
        alias = self._filing.declared or Alias(str(uuid4()), made.hash.format.extension)
        wanted = Ingested(alias, DeleteToken(str(uuid4())), details, made.blurhash)
        known = await self._known(made, wanted)
        joined = None if known is None else await self._join(known, wanted)
        return joined or await self._store(made, wanted)

    async def _known(self, made: Normalised, wanted: Ingested) -> HashRecord | None:
        """The record of the same content. Where its bytes are lost it is healed before the new name
        is given (contract C2): whoever sees the name sees the bytes."""
        known = await self._backends.repo.hashes.find(made.hash)
        if known is None or await self._is_intact(known):
            return known
        if not await self._restore(known, made, wanted):
            return None
        return await self._backends.repo.hashes.find(made.hash)

    async def _restore(self, known: HashRecord, made: Normalised, wanted: Ingested) -> bool:
        """Heal from a copy of the file: once the repo knows an identifier, a purge may have its
        bytes removed, and no other record must name them."""
        copy = made.path.with_name("copy")
        try:
            copy.hardlink_to(made.path)
        except OSError:
            return False  # not on this filesystem; then it is healed when the name was given
        fresh = await self._save(copy, made, wanted)
        needed: bool | None = False
        try:
            needed = await self._heal(known, fresh, wanted)
        except OutcomeUnknown:
            needed = None
            raise
        finally:
            await self._settle(fresh.identifier, needed)
        return needed

    async def _join(self, known: HashRecord, wanted: Ingested) -> Ingested | None:
        """Give stored content another name; None where the content went in the meantime."""
        repo = self._backends.repo
        if not await repo.aliases.add(self._naming(wanted), known.hash):
            return None
        if known.blurhash is None and wanted.blurhash is not None:
            await repo.hashes.set_blurhash(known.hash, wanted.blurhash)
        first = await repo.details.find(known.identifier)
        blurhash = known.blurhash or wanted.blurhash
        return attrs.evolve(wanted, details=first or wanted.details, blurhash=blurhash)

    async def _store(self, made: Normalised, wanted: Ingested) -> Ingested:
        """Save the bytes, then publish them; where others published the same content meanwhile,
        theirs stay, unless they are lost (contract C2)."""
        record = await self._save(made.path, made, wanted)
        needed: bool | None = False
        try:
            published = await self._backends.repo.hashes.publish(
                record, wanted.details, self._naming(wanted)
            )
            needed = published.created or await self._heal(published.record, record, wanted)
        except OutcomeUnknown:
            needed = None
            raise
        finally:
            await self._settle(record.identifier, needed)
        return attrs.evolve(
            wanted,
            details=published.details or wanted.details,
            blurhash=published.record.blurhash or wanted.blurhash,
        )

    async def _save(self, path: Path, made: Normalised, wanted: Ingested) -> HashRecord:
        """The record that names what was saved."""
        format = made.hash.format
        identifier = await self._backends.store.save(path, format.extension, format.media_type)
        created = wanted.details.created_at
        return HashRecord(made.hash, identifier, created, made.blurhash)

    def _naming(self, wanted: Ingested) -> Naming:
        return self._filing.naming(wanted.alias, wanted.token, wanted.details.created_at)

    async def _settle(self, identifier: str, needed: bool | None) -> None:
        """Where this fails the bytes stay stray, and the sweep of strays does it: what was
        published is published, and its client has to know of it.

        :param needed: None: nobody knows yet, and the sweep will.
        """
        store = self._backends.store
        if needed is None:
            return
        try:
            await (store.keep(identifier) if needed else store.remove(identifier))
        except StoreUnavailable as error:
            _log.warn("{identifier} stays stray: {error}", identifier=identifier, error=error)

    async def _heal(self, known: HashRecord, fresh: HashRecord, wanted: Ingested) -> bool:
        """Whether the record now points at the fresh copy, because its own bytes were lost."""
        if await self._is_intact(known):
            return False
        return await self._backends.repo.hashes.heal(
            known.hash, known.identifier, fresh.identifier, wanted.details
        )

    async def _is_intact(self, record: HashRecord) -> bool:
        blob = await self._backends.store.open(record.identifier)
        if blob is None:
            return False
        blob.close()
        return blob.size == record.hash.size


async def undo(repo: IRepo, ingested: Ingested) -> None:
    """Take an upload back. What others uploaded of the same content is not touched (C3)."""
    await repo.aliases.remove(ingested.alias)
