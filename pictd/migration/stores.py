"""Copying all bytes that a repo refers to from one store to another (contract C8).

How it works. An identifier is the same in both stores, so the repo stays as it is, and what is in
the destination with the right size needs no copy: a run that was killed is finished by the next.
Nothing is deleted at the source. The server may serve meanwhile, with the destination as its store
and the source as the old one. It may then delete what is just being copied: after each copy the
repo is asked whether it refers to it still. Where the copy ends first, the server's own removal
finds it; where this process dies in between, the server has suspected the identifier, and sweeps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool

from pictd.errors import RepoUnavailable, StoreGone, StoreUnavailable
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.migration.blobs import Blob, blobs
from pictd.migration.crowd import for_each
from pictd.migration.outcomes import Fate, Outcomes
from pictd.migration.persisting import PAUSES, persist

_MOST_LISTED = 200_000
"""Blobs of the destination whose sizes are held in memory: some 40 MB. Where there are more, each
is asked for."""

Tell = Callable[[Blob, Fate, str], None]
"""Told of every blob, what became of it, and more where that is of interest."""


@attrs.frozen
class Ends:
    """What a move is between.

    :ivar reactor: clock and threads.
    """

    source: IStore
    destination: IStore
    repo: IRepo
    scratch: IScratch
    reactor: Any


@attrs.frozen
class Moving:
    """:ivar concurrency: blobs at a time.
    :ivar dry_run: only look what would be copied.
    :ivar pauses: seconds between attempts at one blob.
    """

    concurrency: int = 32
    dry_run: bool = False
    pauses: tuple[float, ...] = PAUSES


class StoreMove:
    """One run."""

    def __init__(self, ends: Ends, moving: Moving, tell: Tell) -> None:
        self._ends, self._moving, self._tell = ends, moving, tell
        self._clock = IReactorTime(ends.reactor)
        self._threads = IReactorThreads(ends.reactor)
        self._there: Mapping[str, int] | None = None
        self._outcomes = Outcomes(most_failures=moving.concurrency)

    async def run(self) -> Outcomes:
        """Copy everything; what can't be copied is told, and counted. Where the repo refers to
        nothing, neither store need be there.

        :raise StoreUnavailable: a store does not work.
        :raise GivenUp: so many in a row could not be copied that the rest can't be either.
        """
        tally = await self._ends.repo.records.tally()
        if not (tally.originals or tally.uploads):
            return self._outcomes
        await self._ends.source.check(read_only=True)
        if not self._moving.dry_run:
            await self._ends.destination.check()
        self._there = await self._ends.destination.inventory(_MOST_LISTED)
        await for_each(blobs(self._ends.repo.records), self._move, self._moving.concurrency)
        return self._outcomes

    async def _move(self, blob: Blob) -> None:
        try:
            fate, size = await persist(
                lambda: self._attempt(blob), self._clock, self._moving.pauses
            )
            why = ""
        except StoreGone:
            raise
        except (StoreUnavailable, RepoUnavailable) as error:
            fate, size, why = Fate.FAILED, 0, str(error)
        self._tell(blob, fate, why)
        self._outcomes.note(fate, size)

    async def _attempt(self, blob: Blob) -> tuple[Fate, int]:
        """What became of it, and how many bytes that concerns."""
        there = await self._size_there(blob)
        if there is not None and blob.hash is not None and there == blob.hash.size:
            return Fate.PRESENT, there
        size = await _size(self._ends.source, blob.identifier)
        if size is None:
            return await self._absent(blob), 0
        if blob.hash is None and there == size:
            return Fate.PRESENT, size
        if self._moving.dry_run:
            return Fate.COPIED, size
        return await self._copy(blob, size)

    async def _size_there(self, blob: Blob) -> int | None:
        if self._there is not None:
            return self._there.get(blob.identifier)
        return await _size(self._ends.destination, blob.identifier)

    async def _absent(self, blob: Blob) -> Fate:
        """What is only in the destination was made since the move began."""
        there = await _size(self._ends.destination, blob.identifier)
        if there is not None and (blob.hash is None or there == blob.hash.size):
            return Fate.PRESENT
        kept = await self._ends.repo.refers_to(blob.identifier)
        return Fate.MISSING if kept else Fate.DELETED

    async def _copy(self, blob: Blob, size: int) -> tuple[Fate, int]:
        folder = self._ends.scratch.new()
        try:
            path = await self._ends.source.local(blob.identifier, folder)
            if path is None:
                return await self._absent(blob), 0
            if not await self._is_right(blob, path, size):
                return Fate.DAMAGED, 0
            await self._ends.destination.put(blob.identifier, path, blob.media_type)
        finally:
            await self._ends.scratch.discard(folder)
        return await self._wanted(blob), size

    async def _wanted(self, blob: Blob) -> Fate:
        """The copy, unless somebody has deleted the blob meanwhile: then it goes as well."""
        if await self._ends.repo.refers_to(blob.identifier):
            return Fate.COPIED
        await self._ends.destination.remove(blob.identifier)
        return Fate.DELETED

    async def _is_right(self, blob: Blob, path: Path, size: int) -> bool:
        """:raise StoreUnavailable: it can't be told."""
        pool = self._threads.getThreadPool()
        try:
            read, digest = await deferToThreadPool(self._threads, pool, _measured, path)
        except OSError as error:
            raise StoreUnavailable(f"{StoreUnavailable.text}: {error}") from error
        if blob.hash is None:
            return read == size
        return (read, digest) == (blob.hash.size, blob.hash.digest)


async def _size(store: IStore, identifier: str) -> int | None:
    blob = await store.open(identifier)
    if blob is None:
        return None
    blob.close()
    return blob.size


def _measured(path: Path) -> tuple[int, bytes]:
    """Bytes, and their SHA-256. Blocks."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.digest()
