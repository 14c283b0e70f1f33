"""What commands work with, and let go of in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pictd.assembly.backends import Repo, make_repo, make_store
from pictd.commands.foreground import Load, complain
from pictd.config.backends import FilesystemStore
from pictd.config.schema import Config
from pictd.errors import ReadOnly, StoreGone
from pictd.interfaces.stores import IStore
from pictd.model.opening import Opening
from pictd.store.objects.store import ObjectStore


def configured(load: Load) -> Config:
    """The configuration in force; its warnings go to standard error.

    :raise ConfigError: it can't be used.
    """
    loaded = load()
    complain([f"configuration: {warning}" for warning in loaded.warnings])
    return loaded.config


def refuse_if_read_only(config: Config) -> None:
    """:raise ReadOnly: nothing is to be changed here."""
    if config.server.read_only:
        raise ReadOnly("server.read_only is set: nothing may be changed from here")


@asynccontextmanager
async def opened(config: Config, reactor: Any, writes: bool = False) -> AsyncIterator[Repo]:
    """The repo of the configuration, which has to be there: no command makes one, or brings it up
    to date.

    :param writes: otherwise it may refuse all that writes.
    :raise RepoUnavailable: it can't be opened.
    """
    async with _open(config, reactor, Opening.LOOK) as repo:
        if not writes:
            yield repo
            return
    async with _open(config, reactor, Opening.UPGRADE) as repo:
        yield repo


@asynccontextmanager
async def _open(config: Config, reactor: Any, opening: Opening) -> AsyncIterator[Repo]:
    repo = make_repo(config, reactor, opening=opening)
    try:
        await repo.open()
        yield repo
    finally:
        await repo.close()


@asynccontextmanager
async def reached(config: Config, reactor: Any) -> AsyncIterator[IStore]:
    """The store of the configuration.

    :raise StoreUnavailable: it can't be read, or there is none where it should be.
    """
    store = make_store(config, reactor)
    try:
        _require_folder(config)
        await store.check(read_only=True)
        yield store
    finally:
        if isinstance(store, ObjectStore):
            await store.close()


def _require_folder(config: Config) -> None:
    """Which looking would make, though it be the mount point of a volume that is away."""
    if isinstance(config.store, FilesystemStore) and not config.store.path.is_dir():
        raise StoreGone(f"store.path: {config.store.path} is not there")
