"""``migrate-store``: from one store to another, named or configured (spec configuration 4.4)."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from twisted.python import usage

from pictd.admin.migrate_store import migrate_store
from pictd.admin.progress import progress_on
from pictd.assembly.backends import StoreConfig
from pictd.assembly.moving import ends
from pictd.commands.backends import REPOS, Filesystem, ObjectStorage
from pictd.commands.foreground import Command, Load
from pictd.config.findings import ConfigError
from pictd.config.levels import HELP, Level
from pictd.config.load import load as load_layers
from pictd.config.schema import Config
from pictd.migration.stores import Moving

_MOST_CONCURRENT = 1024


class ToFilesystem(Filesystem):
    """``filesystem``, as the store that bytes go to."""

    is_configuration = False
    subCommands = REPOS


class ToObjectStorage(ObjectStorage):
    """``object-storage``, likewise."""

    is_configuration = False
    subCommands = REPOS


_TO = [
    ("filesystem", None, ToFilesystem, "Move to files."),
    ("object-storage", None, ToObjectStorage, "Move to a bucket."),
    HELP,
]


class FromFilesystem(Filesystem):
    """``filesystem``, as the store that bytes come from."""

    is_configuration = False
    subCommands = _TO


class FromObjectStorage(ObjectStorage):
    """``object-storage``, likewise."""

    is_configuration = False
    subCommands = _TO


class MigrateStore(Command):
    """``migrate-store``.

    :ivar concurrency: files at a time.
    """

    longdesc = (
        "Copy every stored file to another store; run again, it goes on where it was stopped. "
        "Without stores: from the configured old_store to the configured store, while the server "
        "serves; otherwise the server must be stopped."
    )
    subCommands = [
        ("filesystem", None, FromFilesystem, "Move from files."),
        ("object-storage", None, FromObjectStorage, "Move from a bucket."),
        HELP,
    ]

    def __init__(self) -> None:
        self.skip_missing = self.dry_run = False
        self.concurrency = Moving().concurrency
        super().__init__()

    def opt_skip_missing_files(self) -> None:
        """Succeed even if files are missing."""
        self.skip_missing = True

    def opt_dry_run(self) -> None:
        """Only tell what would be copied."""
        self.dry_run = True

    def opt_concurrency(self, count: str) -> None:
        """Copy so many files at a time. [default: 32]"""
        if not (count.isascii() and count.isdigit() and 0 < int(count) <= _MOST_CONCURRENT):
            raise usage.UsageError(f"--concurrency: {count} is not a number from 1 to 1024")
        self.concurrency = int(count)

    def postOptions(self) -> None:
        """Do it, and exit; nothing is done where only one store is named."""
        if len(self._named()) == 1:
            raise usage.UsageError("name the store to move to as well")
        super().postOptions()

    async def act(self, load: Load, reactor: Any) -> int:
        """Status 1 where something could not be copied."""
        config = load().config
        moving = Moving(self.concurrency, self.dry_run)
        progress = progress_on(sys.stderr, reactor.seconds)
        async with ends(config, self._stores(config), reactor) as opened:
            say = partial(print, flush=True)
            return await migrate_store(opened, moving, self.skip_missing, progress, say)

    def _named(self) -> list[Level]:
        return [level for level in self.levels() if not level.is_configuration]

    def _stores(self, config: Config) -> tuple[StoreConfig, StoreConfig]:
        named = [load_layers(None, {}, level.given).config.store for level in self._named()]
        source, destination = named or (config.old_store, config.store)
        if source is None:
            raise ConfigError(["old_store: it is not set; set it, or name two stores"])
        if source == destination:
            raise ConfigError(["both stores are the same"])
        return source, destination
