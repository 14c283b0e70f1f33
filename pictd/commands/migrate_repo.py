"""``migrate-repo``: names two databases, the source first (spec configuration 4.5)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from twisted.python import usage

from pictd.admin.migrate_repo import migrate_repo, of_pict_rs, preview_repo, refuse_twice
from pictd.admin.progress import progress_on
from pictd.admin.takeover import Takeover
from pictd.assembly.backends import make_repo
from pictd.commands import backends
from pictd.commands.foreground import Command, Load
from pictd.config.backends import SqliteRepo
from pictd.config.levels import HELP, Help, Level
from pictd.config.load import load_named
from pictd.config.schema import Config
from pictd.migration.pict_rs_sled.reading import Reading
from pictd.model.opening import Opening
from pictd.model.times import from_seconds
from pictd.repo.sqlite.files import is_there
from pictd.repo.sqlite.founding import Founding


def _followed(kind: type[usage.Options]) -> type:
    """The level of a source: that of a database, with the destination below it."""
    return type(kind.__name__, (kind,), {"subCommands": backends.REPOS})


_SOURCES = [
    (name, short, _followed(kind), doc)
    for name, short, kind, doc in backends.REPOS
    if kind is not Help
]


class MigrateRepo(Command):
    """``migrate-repo``."""

    longdesc = (
        "Two databases follow, as in: sled -p /data/sled-repo postgres -u URL. Where sled names a "
        "directory of pict-rs's, its database is read, and never changed."
    )
    subCommands = [*_SOURCES, HELP]

    def __init__(self) -> None:
        self.dry_run = self.force = False
        super().__init__()

    def opt_dry_run(self) -> None:
        """Say what would be carried, and write nothing."""
        self.dry_run = True

    def opt_force(self) -> None:
        """Go on without what is damaged in pict-rs's database; it is counted and named."""
        self.force = True

    def levels(self) -> Iterator[Level]:
        """Databases that are named here are nothing to the configuration in force."""
        yield self

    def postOptions(self) -> None:
        """As every command, once both databases are named."""
        if self.below is None or getattr(self.below, "subOptions", None) is None:
            raise usage.UsageError("migrate-repo takes two databases: from where, and to where")
        super().postOptions()

    async def act(self, load: Load, reactor: Any) -> int:
        """Status 1 where anything is not carried."""
        load()
        origin, target = self._named()
        folder = of_pict_rs(origin.repo)
        if folder is not None:
            await self._take_over(folder, target, reactor)
            return 0
        refuse_twice(origin.repo, target.repo)
        source = make_repo(origin, reactor, opening=Opening.UPGRADE)
        destination = make_repo(target, reactor)
        if self.dry_run:
            await preview_repo(source)
        else:
            await migrate_repo(source, destination, progress_on(sys.stderr, reactor.seconds))
        return 0

    async def _take_over(self, folder: Path, target: Config, reactor: Any) -> None:
        """A new embedded database is not seen before it is whole."""
        progress = progress_on(sys.stderr, reactor.seconds)
        reading = Reading(folder, self.force, from_seconds(reactor.seconds()), reactor)
        takeover = Takeover(reading, reactor, progress, print)
        repo = target.repo
        if self.dry_run:
            await takeover.preview()
        elif isinstance(repo, SqliteRepo) and not is_there(repo.path):
            founding = Founding(repo.path)
            filled = attrs.evolve(target, repo=attrs.evolve(repo, path=founding.aside))
            await takeover.into_new(founding, make_repo(filled, reactor, opening=Opening.FILL))
        else:
            await takeover.into(make_repo(target, reactor))

    def _named(self) -> list[Config]:
        below = self.below
        assert isinstance(below, Level)
        return [load_named(level.given) for level in below.levels()]
