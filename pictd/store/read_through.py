"""Two stores while bytes move from the old one to the new one: ``store`` and ``old_store``.

How it works. An identifier is the same in both. New bytes go to the new store; what it lacks is
read from the old one; what is removed is removed from both. Somebody else copies meanwhile what the
repo refers to, and looks afterwards whether it still does. Where bytes are removed that may be on
their way from the old store just then, the new store suspects the identifier: a later sweep finds
what arrives after all, even where the one who copies has died.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from zope.interface import implementer

from pictd.errors import OldStoreUnavailable, StoreUnavailable
from pictd.interfaces.stores import IBlob, IStore


@implementer(IStore)
class ReadThroughStore:
    """See ``IStore``. All that concerns the old store fails with ``OldStoreUnavailable``.

    :ivar new: the one of the two that is there to stay.
    :ivar old: the one that is being left.
    """

    def __init__(self, new: IStore, old: IStore) -> None:
        self.new, self.old = new, old
        self._old_strays: set[str] = set()

    def expecting(self) -> AbstractAsyncContextManager[None]:
        """See ``IStore``."""
        return self.new.expecting()

    async def save(self, source: Path, extension: str, media_type: str) -> str:
        """See ``IStore``."""
        return await self.new.save(source, extension, media_type)

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        await self.new.put(identifier, source, media_type)

    async def suspect(self, identifier: str) -> None:
        """See ``IStore``."""
        await self.new.suspect(identifier)

    async def keep(self, identifier: str) -> None:
        """See ``IStore``. The old store is asked only where it named a stray."""
        await self.new.keep(identifier)
        if identifier in self._old_strays:
            with _telling():
                await self.old.keep(identifier)
            self._old_strays.discard(identifier)

    async def strays(self, saved_before: int) -> Sequence[str]:
        """See ``IStore``."""
        new = await self.new.strays(saved_before)
        with _telling():
            self._old_strays = set(await self.old.strays(saved_before))
        return [*new, *(self._old_strays - set(new))]

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        blob = await self.new.open(identifier)
        if blob is None:
            with _telling():
                blob = await self.old.open(identifier)
        return blob

    async def inventory(self, most: int) -> Mapping[str, int] | None:
        """See ``IStore``: one by one, in both."""
        return None

    def public_url(self, identifier: str) -> str | None:
        """See ``IStore``: nowhere else, for nobody else knows where the bytes are."""
        return None

    async def local(self, identifier: str, folder: Path) -> Path | None:
        """See ``IStore``."""
        path = await self.new.local(identifier, folder)
        if path is None:
            with _telling():
                path = await self.old.local(identifier, folder)
        return path

    async def remove(self, identifier: str) -> None:
        """See ``IStore``. The old bytes go last: while they are there, all of this is repeated."""
        await self.new.remove(identifier)
        with _telling():
            old = await self.old.open(identifier)
        if old is not None:
            old.close()
            await self.new.suspect(identifier)
        with _telling():
            await self.old.remove(identifier)
        self._old_strays.discard(identifier)

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``. The old store is only looked at."""
        await self.new.check(read_only)
        with _telling():
            await self.old.check(read_only=True)

    async def close(self) -> None:
        """See ``IStore``."""
        await self.new.close()
        await self.old.close()


@contextmanager
def _telling() -> Iterator[None]:
    """Which of the two it is."""
    try:
        yield
    except StoreUnavailable as error:
        raise OldStoreUnavailable(f"old_store: {error}") from error
