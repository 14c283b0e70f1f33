"""The database, the store and the temporary folders that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pictd.assembly.failures import CannotStart
from pictd.assembly.objects import make_object_store
from pictd.assembly.shares import connections
from pictd.claiming import Alone, AmongNodes, Claiming
from pictd.config.backends import FilesystemStore as FilesystemStoreConfig
from pictd.config.backends import ObjectStore as ObjectStoreConfig
from pictd.config.backends import PostgresRepo as PostgresRepoConfig
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.schema import Config
from pictd.errors import StoreUnavailable
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.metrics import Metrics
from pictd.model.opening import Opening
from pictd.repo.postgres.database import PostgresRepo
from pictd.repo.postgres.link import Server, check_url
from pictd.repo.postgres.trust import PLAIN, encryption
from pictd.repo.sqlite.database import SqliteRepo
from pictd.store.filesystem import FilesystemStore
from pictd.store.read_through import ReadThroughStore
from pictd.tools.scratch import Scratch
from pictd.web.accel import Accel

Repo = SqliteRepo | PostgresRepo
StoreConfig = FilesystemStoreConfig | ObjectStoreConfig


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


def make_repo(
    config: Config,
    reactor: Any,
    metrics: Metrics | None = None,
    opening: Opening = Opening.MAKE,
) -> Repo:
    """Not opened yet.

    :param metrics: None: nobody reads them.
    :raise CannotStart: the database's URL is not understood, or the file with the authority that
        its certificate comes from can't be read.
    """
    if isinstance(config.repo, SqliteRepoConfig):
        shared = config.server.workers > 1
        return SqliteRepo(config.repo.path, reactor, metrics, opening, shared)
    try:
        check_url(config.repo.url)
    except ValueError as error:
        raise CannotStart(f"repo.url: {error}") from error
    server = Server(reactor, config.repo.url, _tls(config.repo), connections(config))
    return PostgresRepo(server, metrics, opening)


def opening_of(config: Config) -> Opening:
    """How the server opens its database: one that is read-only writes nothing but what it can't do
    without (contract C5)."""
    return Opening.SPARE if config.server.read_only else Opening.MAKE


def is_shared(config: Config) -> bool:
    """Whether others may work on the same facts and bytes, beside the workers of this server: other
    nodes, or whoever copies from an old store."""
    alone = isinstance(config.repo, SqliteRepoConfig) and config.old_store is None
    return not (alone and isinstance(config.store, FilesystemStoreConfig))


def make_claiming(config: Config, repo: IRepo, reactor: Any) -> Claiming:
    """A read-only node makes nothing, and claims nothing (contract C5)."""
    among_others = is_shared(config) or config.server.workers > 1
    if among_others and not config.server.read_only:
        return AmongNodes(repo.claims, reactor)
    return Alone()


def _tls(repo: PostgresRepoConfig) -> Mapping[str, str]:
    try:
        return encryption(repo.certificate_file) if repo.use_tls else PLAIN
    except (OSError, ValueError) as error:
        raise CannotStart(f"repo.certificate_file: {repo.certificate_file}: {error}") from error


def make_store(config: Config, reactor: Any, metrics: Metrics | None = None) -> IStore:
    """The store of the configuration, reading through to the old one where there is one.

    :param metrics: None: nobody reads them.
    :raise CannotStart: one of them can't be addressed.
    """
    new = single_store(config.store, reactor, "store", metrics)
    if config.old_store is None:
        return new
    return ReadThroughStore(new, single_store(config.old_store, reactor, "old_store", metrics))


def single_store(
    config: StoreConfig, reactor: Any, section: str, metrics: Metrics | None = None
) -> IStore:
    """Nothing is asked of it yet.

    :param section: of the configuration. The folder of an old store is never made.
    :param metrics: None: nobody reads them.
    :raise CannotStart: it can't be addressed.
    """
    if isinstance(config, FilesystemStoreConfig):
        return FilesystemStore(config.path, reactor, is_there=section == "old_store")
    return make_object_store(config, reactor, section, metrics)


def accelerated(config: Config, store: IStore) -> Accel | None:
    """How a reverse proxy sends files of the store; None where it does not."""
    prefix = config.server.accel_prefix
    if prefix is None:
        return None
    return Accel(prefix.rstrip("/"), store.new if isinstance(store, ReadThroughStore) else store)
