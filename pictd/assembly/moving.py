"""Two stores, a database and temporary folders for bytes to move."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pictd.assembly.backends import StoreConfig, make_repo, single_store
from pictd.assembly.failures import CannotStart
from pictd.config.backends import SqliteRepo
from pictd.config.schema import Config
from pictd.errors import StoreUnavailable
from pictd.metrics import Metrics
from pictd.migration.stores import Ends
from pictd.tools.scratch import Scratch

FOLDER = "pictd-migration"
"""In the temporary directory: a server that starts beside us removes what is in its own."""


@asynccontextmanager
async def ends(
    config: Config, stores: tuple[StoreConfig, StoreConfig], reactor: Any
) -> AsyncIterator[Ends]:
    """What a move is between, open until its end.

    :param stores: from which, and to which.
    :raise CannotStart: one of them, or the database, can't be addressed; an embedded database is
        not made where there is none.
    :raise RepoUnavailable: the database can't be opened.
    """
    source, destination = (
        single_store(each, reactor, section)
        for each, section in zip(stores, ("old_store", "store"), strict=True)
    )
    if isinstance(config.repo, SqliteRepo) and not config.repo.path.exists():
        raise CannotStart(f"repo.path: {config.repo.path} is not there")
    repo = make_repo(config, reactor, Metrics())
    async with AsyncExitStack() as ending:
        scratch = _scratch(config)
        ending.push_async_callback(scratch.close)
        ending.push_async_callback(source.close)
        ending.push_async_callback(destination.close)
        ending.push_async_callback(repo.close)
        await repo.open()
        yield Ends(source, destination, repo, scratch, reactor)


def _scratch(config: Config) -> Scratch:
    """One run at a time: what an earlier one left goes."""
    try:
        return Scratch.prepared(config.server.temporary_directory / FOLDER, clean=True)
    except StoreUnavailable as error:
        raise CannotStart(str(error)) from error
