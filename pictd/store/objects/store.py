"""The store in a bucket: an identifier is the key of its object."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from pictd.errors import ObjectStoreUnavailable, StoreUnavailable
from pictd.interfaces.stores import IBlob, IStore
from pictd.model.identifiers import new_identifier
from pictd.store.objects.answers import Refused
from pictd.store.objects.asking import Service
from pictd.store.objects.calls import Call
from pictd.store.objects.copying import copy
from pictd.store.objects.listing import listed
from pictd.store.objects.places import keys_of, public_url
from pictd.store.objects.presence import require_absence, require_bucket, size_of
from pictd.store.objects.reading import ObjectBlob
from pictd.store.objects.spans import Spans
from pictd.store.objects.strays import Strays, abort_uploads
from pictd.store.objects.uploads import PART, Source, Uploads
from pictd.store.paths import PRIVATE, checked_extension, path_of

HEALTH_KEY = "health-check"
"""An empty object that checks write, as pict-rs does."""


@implementer(IStore)
class ObjectStore:
    """See ``IStore``. The bucket must exist.

    :param public_endpoint: of URLs that clients are redirected to.
    :param part: bytes; larger files are sent in parts of this size.
    """

    def __init__(
        self, service: Service, reactor: Any, public_endpoint: str | None = None, part: int = PART
    ) -> None:
        self._service, self._public = service, public_endpoint
        self._reactor, self._clock = IReactorThreads(reactor), IReactorTime(reactor)
        self._uploads = Uploads(service, self._reactor, part)
        self._spans = Spans(service, self._clock)
        self._strays = Strays(service, self._spans)

    def expecting(self) -> AbstractAsyncContextManager[None]:
        """See ``IStore``: a marker is made."""
        return self._spans.expecting()

    async def save(self, source: Path, extension: str, media_type: str) -> str:
        """See ``IStore``. The file stays where it is."""
        size = await self._size(source)
        milliseconds = int(self._clock.seconds() * 1000)
        identifier = new_identifier(milliseconds, os.urandom(10), checked_extension(extension))
        await self._spans.begin(identifier)
        saved = False
        try:
            await self._uploads.put(identifier, Source(source, size, media_type))
            saved = True
        finally:
            if not saved:
                await self._undo(identifier)
        return identifier

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        size = await self._size(source)
        await self._uploads.put(_checked(identifier), Source(source, size, media_type))

    async def suspect(self, identifier: str) -> None:
        """See ``IStore``."""
        await self._strays.suspect(_checked(identifier))

    async def keep(self, identifier: str) -> None:
        """See ``IStore``."""
        await self._strays.decided(_checked(identifier))

    async def strays(self, saved_before: int) -> Sequence[str]:
        """See ``IStore``. Uploads in parts that were begun before that moment are ended."""
        await abort_uploads(self._service, saved_before)
        return await self._strays.find(saved_before)

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        for key in keys_of(_checked(identifier)):
            size = await size_of(self._service, key)
            if size is not None:
                return ObjectBlob(self._service, key, size)
        return None

    async def inventory(self, most: int) -> Mapping[str, int] | None:
        """See ``IStore``."""
        found: dict[str, int] = {}
        async for each in listed(self._service):
            if each.key != HEALTH_KEY and not each.key.startswith(f"{PRIVATE}/"):
                found[each.key] = each.size
            if len(found) > most:
                return None
        return found

    def public_url(self, identifier: str) -> str | None:
        """See ``IStore``."""
        return None if self._public is None else public_url(self._public, _checked(identifier))

    async def local(self, identifier: str, folder: Path) -> Path | None:
        """See ``IStore``: a copy."""
        blob = await self.open(identifier)
        if blob is None:
            return None
        path = folder / Path(identifier).name
        await copy(blob.stream(0, blob.size), path, self._reactor)
        return path

    async def remove(self, identifier: str) -> None:
        """See ``IStore``."""
        for key in keys_of(_checked(identifier)):
            try:
                await self._service.ask(Call("DELETE", key))
            except Refused as error:
                await require_absence(self._service, error)
        await self._strays.decided(identifier)

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``."""
        if read_only:
            await require_bucket(self._service)
        else:
            await self._service.ask(Call("PUT", HEALTH_KEY))

    async def close(self) -> None:
        """See ``IStore``."""
        await self._spans.close()
        await self._service.close()

    async def _undo(self, identifier: str) -> None:
        """It stays noted: what was sent may yet arrive, and a later sweep looks again."""
        with suppress(ObjectStoreUnavailable):
            await self._service.ask(Call("DELETE", identifier), attempts=1)

    async def _size(self, source: Path) -> int:
        pool = self._reactor.getThreadPool()
        try:
            status = await deferToThreadPool(self._reactor, pool, source.stat)
        except OSError as error:
            raise StoreUnavailable(f"{StoreUnavailable.text}: {error}") from error
        return status.st_size


def _checked(identifier: str) -> str:
    path_of(Path("/"), identifier)
    return identifier
