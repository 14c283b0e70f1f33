"""``pictd migrate-repo``: everything that one database knows, into another (contract C9)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import attrs

from pictd.admin.takeover import refuse_foreign
from pictd.config.backends import PostgresRepo, SqliteRepo
from pictd.interfaces.repos import IRepo
from pictd.migration.repos import SameRepo, migrate
from pictd.model.carried import Tally
from pictd.progress import Progress
from pictd.repo.sqlite.files import is_there

Say = Callable[[str], None]
"""Writes one line."""


def of_pict_rs(repo: SqliteRepo | PostgresRepo) -> Path | None:
    """The directory of pict-rs that is named as source; None: the source is a database of pictd's,
    which counts before pict-rs's beside it. Blocks for a moment.

    :raise RepoUnusable: a directory is named that holds neither.
    """
    if isinstance(repo, PostgresRepo) or repo.sled_directory is None or is_there(repo.path):
        return None
    refuse_foreign(repo.sled_directory)
    return repo.sled_directory


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
