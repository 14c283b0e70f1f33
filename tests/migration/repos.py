"""Repos for migrations: filled, of every kind, and some that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import attrs
from twisted.internet import reactor
from twisted.internet.interfaces import IReactorThreads

from pictd.errors import RepoUnavailable
from pictd.interfaces.repos import IRecords, IRepo
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedJob, CarriedOriginal, CarriedProxy, CarriedVariant
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Queue
from pictd.model.settings import LAST_SEEN
from pictd.model.uploads import Upload
from pictd.repo.memory import MemoryRepo
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo_records import UPLOADS, all_jobs, all_originals, everything, job
from tests.repo.databases import new_database, repo_on

JOBS = (
    job({"Ingest": {"identifier": "raw/1"}}),
    job({"Identifier": {"identifier": "gone"}}, queue=Queue.CLEANUP, attempts_left=0),
    job("Prune", queue=Queue.CLEANUP, unique_key="prune", due=1_700_000_000_000_001_000),
)
SETTINGS = {"404-alias": b"\x00\x01", "last-path": b"a/b", LAST_SEEN: b"5"}


class Quiet:
    """Progress that nobody watches.

    :ivar compared: called when the comparison begins.
    """

    def __init__(self, compared: Callable[[], object] = lambda: None) -> None:
        self.compared = compared
        self.said: list[str] = []
        self.parts: dict[str, tuple[int | None, int]] = {}
        self._what = ""

    def begin(self, what: str, total: int | None) -> None:
        """See ``Progress``."""
        self._what = what
        self.parts[what] = (total, 0)
        if what == "records compared":
            self.compared()

    def advance(self, count: int = 1) -> None:
        """See ``Progress``."""
        total, done = self.parts[self._what]
        self.parts[self._what] = (total, done + count)

    def say(self, line: str) -> None:
        """See ``Progress``."""
        self.said.append(line)

    def end(self) -> None:
        """See ``Progress``."""


async def memory(folder: Path) -> IRepo:
    """A new one."""
    return MemoryRepo()


async def sqlite(folder: Path) -> IRepo:
    """A new one, not opened yet."""
    return SqliteRepo(folder / "pictd.sqlite3", IReactorThreads(reactor))


async def postgres(folder: Path) -> IRepo:
    """A new one, not opened yet."""
    return repo_on(await new_database())


KINDS = {"memory": memory, "sqlite": sqlite, "postgres": postgres}


async def fill(repo: IRepo, count: int = 5) -> None:
    """With one of everything, and so many originals with whatever chance hangs on them."""
    chance = Random(count)
    originals = [everything(1), *(strange(number, chance) for number in range(2, count + 1))]
    await repo.records.add_originals(originals)
    await repo.records.add_uploads(UPLOADS)
    await repo.records.add_jobs(JOBS)
    await repo.records.add_settings(SETTINGS)


def strange(number: int, chance: Random) -> CarriedOriginal:
    """An original with whatever is allowed."""
    hash = Hash(chance.randbytes(32), chance.randrange(2**48), chance.choice(list(Format)))
    names = {_alias(number, place, chance): _token(chance) for place in range(chance.randrange(4))}
    urls = [
        CarriedProxy(f"https://h.example/{number}?{place}=ü%20", name, _moment(chance))
        for place, name in enumerate(names)
    ]
    variants = [
        CarriedVariant(f"resize/{place}/ü", f"{number}/{place}.webp", _moment(chance))
        for place in range(chance.randrange(4))
    ]
    motion = chance.choice([None, f"still of {number}"])
    blurhash = chance.choice([None, "LKO2?U%2Tw=w]~RBVZRi};RPxuwH"])
    record = HashRecord(hash, f"{number}.bin", _moment(chance), blurhash, motion)
    bare = CarriedOriginal(record, names, urls, variants, {})
    details = {each: _details(chance) for each in bare.identifiers() if chance.randrange(3)}
    return attrs.evolve(bare, details=details)


async def content(repo: IRepo) -> Mapping[str, object]:
    """All that a migration carries."""
    originals = {each.record.hash: each for each in await all_originals(repo)}
    uploads = await repo.records.uploads(None, 1000)
    settings = {k: v for k, v in (await repo.records.settings()).items() if "pictd" not in k}
    return {
        "originals": originals,
        "uploads": list(uploads),
        "jobs": await all_jobs(repo),
        "settings": settings,
    }


class FullDisk(RepoUnavailable):
    """What a full disk makes of a write."""


class Filling:
    """The records of a repo whose disk is full after some batches."""

    def __init__(self, records: IRecords, batches: int) -> None:
        self._records = records
        self.batches = batches

    async def add_originals(self, originals: Sequence[CarriedOriginal]) -> None:
        """See ``IRecords``."""
        self._count()
        await self._records.add_originals(originals)

    async def add_uploads(self, uploads: Sequence[Upload]) -> None:
        """See ``IRecords``."""
        self._count()
        await self._records.add_uploads(uploads)

    async def add_jobs(self, jobs: Sequence[CarriedJob]) -> None:
        """See ``IRecords``."""
        self._count()
        await self._records.add_jobs(jobs)

    def _count(self) -> None:
        if not self.batches:
            raise FullDisk("database or disk is full")
        self.batches -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)


def _alias(number: int, place: int, chance: Random) -> Alias:
    names = [str(UUID(bytes=chance.randbytes(16))), f"näme {number} {place}"]
    return Alias(chance.choice(names), chance.choice(["", ".png", f".{number}.{place}"]))


def _token(chance: Random) -> DeleteToken:
    return DeleteToken(chance.choice([str(UUID(bytes=chance.randbytes(16))), "ten chars!"]))


def _moment(chance: Random) -> int:
    return chance.randrange(2 * 10**15) * 1000


def _details(chance: Random) -> Details:
    frames = chance.choice([None, 2, 4_000_000_000])
    kind = chance.choice(list(Format))
    return Details(chance.randrange(65536), 1, frames, kind, chance.randrange(2 * 10**18))
