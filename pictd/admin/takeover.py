"""Taking over pict-rs's own database: by ``pictd migrate-repo``, or at the first start."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool

from pictd.config.backends import PostgresRepo, SqliteRepo
from pictd.interfaces.repos import IRepo
from pictd.migration.pict_rs_sled import damage, telling
from pictd.migration.pict_rs_sled.failures import TakeoverImpossible, translated
from pictd.migration.pict_rs_sled.reading import Reading
from pictd.migration.pict_rs_sled.takeover import take_over
from pictd.model.carried import Tally
from pictd.progress import Progress
from pictd.repo.sqlite.files import is_there
from pictd.repo.sqlite.founding import Founding
from pictd.sled.places import database_folder, is_named

T = TypeVar("T")
Say = Callable[[str], None]
"""Writes one line."""

_ALLOCATIONS = 100_000
"""Between two collections."""

_PACE = 15_000
"""Records a second, on a slow machine."""


def due(repo: SqliteRepo | PostgresRepo) -> Path | None:
    """The folder whose database of pict-rs is taken over at the next start; None: there is none, or
    pictd has its own already. Blocks for a moment.

    :raise TakeoverImpossible: the folder can't be read.
    """
    if isinstance(repo, PostgresRepo) or repo.sled_directory is None or is_there(repo.path):
        return None
    with translated():
        return repo.sled_directory if is_named(repo.sled_directory) else None


def refuse_foreign(folder: Path) -> None:
    """Blocks for a moment.

    :raise TakeoverImpossible: it holds no database of pict-rs 0.5.
    """
    with translated():
        database_folder(folder).close()


@attrs.frozen
class Takeover:
    """One run.

    :ivar reading: not opened yet.
    :ivar progress: says also what is wrong with the source.
    :ivar say: gets the summary.
    """

    reading: Reading
    reactor: IReactorThreads
    progress: Progress
    say: Say

    async def into(self, repo: IRepo) -> None:
        """Carry everything into a repo that may hold something already.

        :param repo: not opened yet.
        :raise TakeoverImpossible: the source can't be read to its end.
        :raise NotCarried: something is missing in the end.
        :raise RepoUnavailable: of the repo; running it again goes on.
        """
        async with self._read(), _opened(repo):
            await self._carry(repo)

    async def into_new(self, founding: Founding, repo: IRepo) -> None:
        """Make a database of it, which nobody sees before it is whole.

        :param repo: on the file that is to be filled; not opened yet.
        :raise BeingMade: another process is at it.
        :raise PlaceTaken: there is a database now.
        :raise PictdError: as with ``into``. In any case nothing is left.
        """
        try:
            await self._in_thread(founding.begin)
            async with self._read(), _opened(repo):
                await self._carry(repo)
            await self._in_thread(founding.finish)
        finally:
            await self._in_thread(founding.end)

    async def preview(self) -> None:
        """Say what there is, and how long it would take. Nothing is written.

        :raise TakeoverImpossible: the source can't be read to its end.
        """
        async with self._read():
            counts = await self.reading.tally()
        told = ", ".join(f"{count} {kind}" for kind, count in attrs.asdict(counts).items())
        self.say(f"would carry {told}, in about {_duration(counts)}")

    async def announce(self, place: Path) -> list[str]:
        """Say what a start would do.

        :param place: of the new database.
        :return: why it would fail, one line each.
        """
        self.say(f"the first start takes over pict-rs's database, into {place}; it stays as it is")
        try:
            await self.preview()
        except TakeoverImpossible as error:
            return [f"repo.path: {line.strip()}" for line in str(error).splitlines()]
        return []

    async def _carry(self, repo: IRepo) -> None:
        with rare_collections():
            taken = await take_over(self.reading, repo, self.progress)
        self.say(telling.carried(taken))
        for line in telling.skipped(taken.skipped):
            self.say(f"not as it was: {line}")
        self.say(f"all of it was found again; SHA-256 over all records: {taken.seal.digest:064x}")

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[None]:
        try:
            for line in damage.told(await self.reading.open()):
                self.progress.say(f"found in pict-rs's database: {line}")
            yield
        finally:
            await self.reading.close()

    def _in_thread(self, work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(self.reactor, self.reactor.getThreadPool(), work)


@contextmanager
def rare_collections() -> Iterator[None]:
    """Millions of values are made here, and none in a circle: looking for such costs a twentieth of
    the time."""
    usual = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@asynccontextmanager
async def _opened(repo: IRepo) -> AsyncIterator[None]:
    try:
        await repo.open()
        yield
    finally:
        await repo.close()


def _duration(counts: Tally) -> str:
    """Of originals there are details as well, and of variants."""
    records = sum(attrs.astuple(counts)) + counts.originals + counts.variants
    return str(timedelta(seconds=2 + records // _PACE))
