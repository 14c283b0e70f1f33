"""The store in a folder: an identifier is the path of its file below the root.

Its own folder, ``.pictd`` in the root, holds markers and unfinished copies. Where the root is gone
although it was there before, or is another folder, the volume is no longer mounted: then absent
files are an error instead of absent, lest whoever asks believes that everything was lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from pictd.errors import StoreGone, StoreUnavailable
from pictd.interfaces.stores import IBlob, IStore
from pictd.model.identifiers import new_identifier
from pictd.store.descriptors import OpenFile, OpenFiles
from pictd.store.markers import remove_marker, renew_marker, stray_identifiers, unfinished
from pictd.store.paths import checked_extension, path_of
from pictd.store.placing import place, place_copy, take_out
from pictd.store.reading import FileBlob
from pictd.store.syncing import sync_folder

T = TypeVar("T")
_MOST_OPEN = 256
"""Descriptors that stay open between requests; systemd's soft limit is 1024."""


@implementer(IStore)
class FilesystemStore:
    """See ``IStore``. The root is made by the first check or save."""

    def __init__(self, root: Path, reactor: IReactorThreads, is_there: bool = False) -> None:
        """
        :param reactor: it tells the time as well.
        :param is_there: the root is never made: where it is missing, the store is gone.
        """
        self._root, self._is_there = root, is_there
        self._reactor = reactor
        self._clock = IReactorTime(reactor)
        self._open_files = OpenFiles(_MOST_OPEN)
        self._seen: tuple[int, int] | None = None

    def expecting(self) -> AbstractAsyncContextManager[None]:
        """See ``IStore``: there is nothing to do."""
        return nullcontext()

    async def save(self, source: Path, extension: str, media_type: str) -> str:
        """See ``IStore``."""
        milliseconds = int(self._clock.seconds() * 1000)
        identifier = new_identifier(milliseconds, os.urandom(10), checked_extension(extension))
        await self._in_thread(lambda: self._place(source, identifier))
        return identifier

    async def put(self, identifier: str, source: Path, media_type: str) -> None:
        """See ``IStore``."""
        path_of(self._root, identifier)
        await self._in_thread(lambda: self._put(source, identifier))
        self._open_files.forget(identifier)

    async def suspect(self, identifier: str) -> None:
        """See ``IStore``."""
        path_of(self._root, identifier)
        await self._in_thread(lambda: self._mark(identifier))

    async def keep(self, identifier: str) -> None:
        """See ``IStore``."""
        path_of(self._root, identifier)
        await self._in_thread(lambda: remove_marker(self._root, identifier))

    async def strays(self, saved_before: int) -> Sequence[str]:
        """See ``IStore``. Copies that were begun before that moment are removed."""
        return await self._in_thread(lambda: self._strays(saved_before))

    async def open(self, identifier: str) -> IBlob | None:
        """See ``IStore``. A file that is open already costs no thread."""
        file = self._open_files.get(identifier)
        if file is None:
            path = path_of(self._root, identifier)
            file = await self._in_thread(lambda: self._open(path))
            if file is not None:
                self._open_files.put(identifier, file)
        size = None if file is None else file.size()
        if file is None or size is None:
            return None
        return FileBlob(file, size, self._reactor)

    async def inventory(self, most: int) -> Mapping[str, int] | None:
        """See ``IStore``: one by one."""
        return None

    def public_url(self, identifier: str) -> str | None:
        """See ``IStore``: nowhere else."""
        return None

    async def local(self, identifier: str, folder: Path) -> Path | None:
        """See ``IStore``: the stored file itself."""
        path = path_of(self._root, identifier)
        return path if await self._in_thread(lambda: self._open(path)) else None

    async def remove(self, identifier: str) -> None:
        """See ``IStore``."""
        path_of(self._root, identifier)
        self._open_files.forget(identifier)
        await self._in_thread(lambda: self._take_out(identifier))
        self._open_files.forget(identifier)  # somebody may have opened it meanwhile

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``."""
        await self._in_thread(self._look if read_only else self._try_out)

    async def close(self) -> None:
        """See ``IStore``. Files that are open are closed with their last reader."""
        self._open_files = OpenFiles(_MOST_OPEN)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        pool = self._reactor.getThreadPool()
        return await deferToThreadPool(self._reactor, pool, _translated, work)

    def _look(self) -> None:
        self._prepare()
        with os.scandir(self._root):
            pass

    def _place(self, source: Path, identifier: str) -> None:
        self._prepare()
        place(self._root, source, identifier)

    def _put(self, source: Path, identifier: str) -> None:
        self._prepare()
        place_copy(self._root, source, identifier)

    def _mark(self, identifier: str) -> None:
        self._prepare()
        renew_marker(self._root, identifier)

    def _take_out(self, identifier: str) -> None:
        self._require_mounted()
        take_out(self._root, identifier)

    def _strays(self, saved_before: int) -> list[str]:
        self._prepare()
        return stray_identifiers(self._root, saved_before)

    def _open(self, path: Path) -> OpenFile | None:
        try:
            file = OpenFile(path)
        except (FileNotFoundError, NotADirectoryError):
            self._require_mounted()
            return None
        return None if file.size() is None else file

    def _try_out(self) -> None:
        self._prepare()
        trial = unfinished(self._root)
        try:
            trial.write_bytes(b"pictd")
        finally:
            trial.unlink(missing_ok=True)

    def _prepare(self) -> None:
        """Make the root, but only once."""
        self._require_mounted()
        if self._seen is None:
            self._root.mkdir(parents=True, exist_ok=True)
            sync_folder(self._root)
            self._seen = self._identity()

    def _require_mounted(self) -> None:
        """Another folder in the root's place is the mount point of a volume that went away."""
        if self._is_there and self._identity() is None:
            raise StoreGone(f"{self._root} is not there")
        if self._seen is not None and self._seen != self._identity():
            raise StoreGone(f"{self._root} is not what it was; is the volume mounted?")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._root.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _translated(work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as error:
        raise StoreUnavailable(f"{StoreUnavailable.text}: {error}") from error
