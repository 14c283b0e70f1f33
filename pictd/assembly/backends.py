"""The database, the store and the temporary folders that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pictd.assembly.failures import CannotStart
from pictd.assembly.objects import make_object_store
from pictd.config.backends import FilesystemStore as FilesystemStoreConfig
from pictd.config.backends import PostgresRepo as PostgresRepoConfig
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.schema import Config
from pictd.errors import StoreUnavailable
from pictd.interfaces import IStore
from pictd.metrics import Metrics
from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.link import Server, check_url
from pictd.repo.postgres.trust import PLAIN, encryption
from pictd.repo.sqlite.database import SqliteRepo
from pictd.store.filesystem import FilesystemStore
from pictd.tools.scratch import Scratch

Repo = SqliteRepo | PostgresRepo


def make_scratch(config: Config) -> Scratch:
    """:raise CannotStart: the temporary directory can't be used."""
    return _scratch(config, config.server.cleanup_temporary_directory)


def make_scratch_beside(config: Config, name: str) -> Scratch:
    """Of a worker; what others have there is left alone.

    :param name: of its folder.
    :raise CannotStart: the temporary directory can't be used.
    """
    return _scratch(config, False, name)


def _scratch(config: Config, clean: bool, name: str = "") -> Scratch:
    try:
        return Scratch.prepared(config.server.temporary_directory, clean, name)
    except StoreUnavailable as error:
        raise CannotStart(str(error)) from error


def make_repo(config: Config, reactor: Any, metrics: Metrics) -> Repo:
    """Not opened yet.

    :raise CannotStart: the database's URL is not understood, or the file with the authority that
        its certificate comes from can't be read.
    """
    if isinstance(config.repo, SqliteRepoConfig):
        return SqliteRepo(config.repo.path, reactor, metrics, shared=config.server.workers > 1)
    try:
        check_url(config.repo.url)
    except ValueError as error:
        raise CannotStart(f"repo.url: {error}") from error
    return PostgresRepo(Server(reactor, config.repo.url, _tls(config.repo)), metrics)


def is_shared(config: Config) -> bool:
    """Whether other machines may work on the same facts and bytes."""
    alone = isinstance(config.repo, SqliteRepoConfig)
    return not (alone and isinstance(config.store, FilesystemStoreConfig))


def _tls(repo: PostgresRepoConfig) -> Mapping[str, str]:
    try:
        return encryption(repo.certificate_file) if repo.use_tls else PLAIN
    except (OSError, ValueError) as error:
        raise CannotStart(f"repo.certificate_file: {repo.certificate_file}: {error}") from error


def make_store(config: Config, reactor: Any) -> IStore:
    """The store of the configuration.

    :raise CannotStart: it can't be addressed.
    """
    if isinstance(config.store, FilesystemStoreConfig):
        return FilesystemStore(config.store.path, reactor)
    return make_object_store(config.store, reactor)
