"""A store in memory, which forgets: for tests, and for trying things out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IBlob, IByteStream, IStore
from pictd.model.identifiers import new_identifier
from pictd.model.times import from_seconds
from pictd.store.paths import checked_extension, path_of

_PIECE = 64 * 1024


@implementer(IByteStream)
class MemoryStream:
    """Part of one blob."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)

    async def read(self) -> bytes:
        """See ``IByteStream``."""
        try:
            piece = bytes(self._left[:_PIECE])
            self._left = self._left[_PIECE:]
        except ValueError:
            raise StoreUnavailable("The stream was closed") from None
        return piece

    def close(self) -> None:
        """See ``IByteStream``."""
        self._left.release()


@implementer(IBlob)
class MemoryBlob:
    """The bytes of one identifier."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def stream(self, first: int, count: int) -> IByteStream:
        """See ``IBlob``."""
        return MemoryStream(self._data[first : first + count])

    def close(self) -> None:
        """See ``IBlob``."""


@implementer(IStore)
class MemoryStore:
    """See ``IStore``."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._blobs: dict[str, bytes] = {}
        self._strays: dict[str, int] = {}

    def expecting(self) -> AbstractAsyncContextManager[None]:
        """See ``IStore``: there is nothing to do."""
        return nullcontext()

    async def save(self, source: Path, extension: str, media_type: str) -> str:
        """See ``IStore``. The file at ``source`` is removed."""
        now = self._clock.seconds()
        identifier = new_identifier(int(now * 1000), os.urandom(10), checked_extension(extension))
        self._blobs[identifier] = _taken(source)
        self._strays[identifier] = from_seconds(now)
        return identifier

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        self._blobs[self._checked(identifier)] = _read(source)

    async def suspect(self, identifier: str) -> None:
        """See ``IStore``."""
        self._strays[self._checked(identifier)] = from_seconds(self._clock.seconds())

    async def keep(self, identifier: str) -> None:
        """See ``IStore``."""
        self._checked(identifier)
        self._strays.pop(identifier, None)

    async def strays(self, saved_before: int) -> Sequence[str]:
        """See ``IStore``."""
        return [name for name, saved in self._strays.items() if saved < saved_before]

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``."""
        data = self._blobs.get(self._checked(identifier))
        return None if data is None else MemoryBlob(data)

    async def inventory(self, most: int) -> Mapping[str, int] | None:
        """See ``IStore``: one by one."""
        return None

    def public_url(self, identifier: str) -> str | None:
        """See ``IStore``: nowhere else."""
        return None

    async def local(self, identifier: str, folder: Path) -> Path | None:
        """See ``IStore``: a copy."""
        data = self._blobs.get(self._checked(identifier))
        if data is None:
            return None
        copy = folder / Path(identifier).name
        copy.write_bytes(data)
        return copy

    async def remove(self, identifier: str) -> None:
        """See ``IStore``."""
        self._blobs.pop(self._checked(identifier), None)
        self._strays.pop(identifier, None)

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``."""

    async def close(self) -> None:
        """See ``IStore``."""

    def _checked(self, identifier: str) -> str:
        path_of(Path("/"), identifier)
        return identifier


def _taken(source: Path) -> bytes:
    data = _read(source)
    source.unlink(missing_ok=True)
    return data


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise StoreUnavailable(f"{StoreUnavailable.text}: {error}") from error
