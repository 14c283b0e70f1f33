"""``pictd migrate-repo``: everything that one database knows, into another (contract C9)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs

from pictd.admin.progress import Progress
from pictd.config.backends import PostgresRepo, SqliteRepo
from pictd.errors import RepoUnusable
from pictd.interfaces import IRepo
from pictd.migration.repos import SameRepo, migrate
from pictd.model.carried import Tally

_SLED = "v0.5.0"
"""What pict-rs 0.5 calls its database, in the directory that it is told."""

Say = Callable[[str], None]
"""Writes one line."""


def refuse_source(repo: SqliteRepo | PostgresRepo) -> None:
    """:raise RepoUnusable: a directory is named that holds no database, or only one of pict-rs."""
    if isinstance(repo, PostgresRepo) or repo.sled_directory is None or repo.path.is_file():
        return
    if (repo.sled_directory / _SLED).exists():
        raise RepoUnusable(
            f"{repo.sled_directory} holds a database that pict-rs made with sled, which this pictd "
            "can't read. Let pict-rs itself bring it to PostgreSQL, with its own migrate-repo, and "
            "go on from there"
        )
    raise RepoUnusable(f"There is no database in {repo.sled_directory}")


def refuse_twice(source: SqliteRepo | PostgresRepo, destination: SqliteRepo | PostgresRepo) -> None:
    """As far as names tell.

    :raise SameRepo: both are one database.
    """
    if _place(source) == _place(destination):
        raise SameRepo


async def preview_repo(source: IRepo, say: Say = print) -> None:
    """Say what ``migrate_repo`` would carry. The destination is not even looked at.

    :param source: not opened yet.
    """
    async with _opened(source):
        say(f"would carry {_told(await source.records.tally())}")


async def migrate_repo(
    source: IRepo, destination: IRepo, progress: Progress, say: Say = print
) -> None:
    """Carry everything, and say how much.

    :param source: not opened yet; nor is the destination, which is made if it is not there.
    :raise NotCarried: something is missing in the destination.
    """
    async with _opened(source), _opened(destination):
        carried = await migrate(source, destination, progress)
    say(f"carried {_told(carried)}; all of it was found again in the destination")


@asynccontextmanager
async def _opened(repo: IRepo) -> AsyncIterator[None]:
    await repo.open()
    try:
        yield
    finally:
        await repo.close()


def _place(repo: SqliteRepo | PostgresRepo) -> object:
    return repo.path.resolve() if isinstance(repo, SqliteRepo) else repo.url


def _told(tally: Tally) -> str:
    """As ``3 originals, 4 aliases, …``."""
    return ", ".join(f"{count} {kind}" for kind, count in attrs.asdict(tally).items())
