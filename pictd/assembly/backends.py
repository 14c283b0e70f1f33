"""The database, the store and the temporary folders that the configuration names."""

from __future__ import annotations

from typing import Any

from pictd.assembly.failures import CannotStart
from pictd.assembly.objects import make_object_store
from pictd.config.backends import FilesystemStore as FilesystemStoreConfig
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.schema import Config
from pictd.errors import StoreUnavailable
from pictd.interfaces import IStore
from pictd.metrics import Metrics
from pictd.repo.sqlite.database import SqliteRepo
from pictd.store.filesystem import FilesystemStore
from pictd.tools.scratch import Scratch


def make_scratch(config: Config) -> Scratch:
    """:raise CannotStart: the temporary directory can't be used."""
    server = config.server
    try:
        return Scratch.prepared(server.temporary_directory, server.cleanup_temporary_directory)
    except StoreUnavailable as error:
        raise CannotStart(str(error)) from error


def make_repo(config: Config, reactor: Any, metrics: Metrics) -> SqliteRepo:
    """Not opened yet."""
    assert isinstance(config.repo, SqliteRepoConfig)
    return SqliteRepo(config.repo.path, reactor, metrics)


def make_store(config: Config, reactor: Any) -> IStore:
    """The store of the configuration.

    :raise CannotStart: it can't be addressed.
    """
    if isinstance(config.store, FilesystemStoreConfig):
        return FilesystemStore(config.store.path, reactor)
    return make_object_store(config.store, reactor)
