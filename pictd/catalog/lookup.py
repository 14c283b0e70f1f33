"""From a public name to what is stored under it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.errors import AliasNotFound, BytesLost, PictdError, ProxyNotFound, ReadOnly
from pictd.interfaces.media import IMedia
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.model.alias import Alias, from_stored_bytes
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.records import Original, Variant
from pictd.model.times import from_seconds

NOT_FOUND_SETTING = "404-alias"

T = TypeVar("T")
_Work = Callable[[Path, Path], Awaitable[T]]
"""Gets the file, and a folder to work in."""


@attrs.frozen
class Lookup:
    """Answers what an alias names, measuring what was never measured.

    :ivar read_only: measure nothing, for nothing may be written.
    """

    repo: IRepo
    store: IStore
    media: IMedia
    scratch: IScratch
    clock: IReactorTime
    read_only: bool = False

    async def proxied(self, url: str) -> Alias:
        """:raise ProxyNotFound: no media is kept for this URL."""
        alias = await self.repo.proxies.find(url)
        if alias is None:
            raise ProxyNotFound
        return alias

    async def details(self, original: Original) -> Details:
        """The details of an original; measured now, and saved, where a take-over left none.

        :raise ReadOnly: they would have to be measured.
        :raise BytesLost: there is nothing to measure.
        :raise AliasNotFound: the original was removed since it was looked up.
        """
        if original.details is not None:
            return original.details
        return await self._measure(original.record.identifier, original.record.hash.format)

    async def variant_details(self, variant: Variant, format: Format) -> Details:
        """As ``details``, of a variant that was asked for in ``format``."""
        return variant.details or await self._measure(variant.identifier, format)

    async def blurhash(self, original: Original) -> str:
        """The blurhash of an original; made now where there is none yet, and kept unless the
        server is read-only (contract C5).

        :raise BytesLost: there is nothing to look at.
        :raise AliasNotFound: the original was removed since it was looked up.
        """
        record = original.record
        if record.blurhash is not None:
            return record.blurhash
        made = await self._of_file(
            record.identifier,
            lambda source, folder: self.media.blurhash(source, record.hash.format, folder),
        )
        if not self.read_only:
            await self.repo.hashes.set_blurhash(record.hash, made)
        return made

    async def not_found_picture(self) -> Original | None:
        """What is shown instead of unknown aliases, where it was chosen and still exists."""
        value = await self.repo.settings.get(NOT_FOUND_SETTING)
        for alias in from_stored_bytes(value) if value else ():
            original = await self.repo.aliases.find(alias)
            if original is not None:
                return original
        return None

    async def choose_not_found_picture(self, alias: Alias) -> None:
        """The caller has made sure that the alias exists."""
        await self.repo.settings.set(NOT_FOUND_SETTING, alias.to_bytes())

    async def _measure(self, identifier: str, format: Format) -> Details:
        if self.read_only:
            raise ReadOnly
        found = await self._of_file(
            identifier, lambda source, _: self.media.describe(source, format)
        )
        now = from_seconds(self.clock.seconds())
        details = Details(found.width, found.height, found.frames, found.format, now)
        await self.repo.details.save(identifier, details)
        return details

    async def _of_file(self, identifier: str, work: _Work[T]) -> T:
        """What comes of work on a file.

        :raise BytesLost: there is no such file, though there should be.
        :raise AliasNotFound: it was removed meanwhile, whatever else that led to.
        """
        folder = self.scratch.new()
        try:
            source = await self.store.local(identifier, folder)
            if source is None:
                raise BytesLost
            return await work(source, folder)
        except PictdError as error:
            if await self.repo.refers_to(identifier):
                raise
            raise AliasNotFound from error
        finally:
            await self.scratch.discard(folder)
