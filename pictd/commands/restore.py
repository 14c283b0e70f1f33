"""``import``: an exported database in the place of the present one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.python import usage

from pictd.admin.copies import import_database
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load
from pictd.commands.opened import configured, refuse_if_read_only
from pictd.config.keys import RUN
from pictd.config.levels import Level


class _Beyond(Level):
    """The names of store and repo, which may follow the path."""

    subCommands = STORES


class Import(Command):
    """``import``."""

    synopsis = "[options] PATH [filesystem | object-storage [sqlite | sled]]"
    longdesc = (
        "Puts an exported database in the place of the embedded one. PATH is the file that "
        "`pictd export` printed. Stop pictd first: while anything has the database open, nothing "
        "is done. The export is checked before anything changes, and it stays where it is. "
        "Uploads since the export are unknown afterwards, and what was removed since is known "
        "again, without its bytes: `pictd check --data` names it, `pictd prune-missing` removes it."
    )
    scope = RUN

    def __init__(self) -> None:
        self.source: Path | None = None
        self.replace = False
        super().__init__()

    def opt_replace(self) -> None:
        """Replace a database that is there. It is kept beside the new one, under its name and the
        moment."""
        self.replace = True

    def parseArgs(self, *words: str) -> None:
        """PATH, among flags, and what names the backends."""
        rest = list(words)
        if self.source is None and rest:
            self.source = Path(rest.pop(0))
        if self.source is None:
            raise usage.UsageError("import: name the exported database; --help says more")
        if rest and rest[0].startswith("-"):
            self.parseOptions(rest)
        elif rest:
            self.subOptions = _Beyond()
            self.subOptions.parent = self
            self.subOptions.parseOptions(rest)

    async def act(self, load: Load, reactor: Any) -> int:
        """See ``import_database``."""
        assert self.source is not None
        config = configured(load)
        refuse_if_read_only(config)
        await import_database(config, self.source, self.replace, reactor)
        return 0
