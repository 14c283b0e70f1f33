"""The uppermost level of the command line (spec configuration 4).

One level of options per subcommand (``pictd.config.levels``); all together are the uppermost layer
of the configuration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from twisted.python import usage

from pictd.commands.check import Check
from pictd.commands.export import Export
from pictd.commands.foreground import fail
from pictd.commands.migrate_repo import MigrateRepo
from pictd.commands.migrate_store import MigrateStore
from pictd.commands.prune_missing import PruneMissing
from pictd.commands.restore import Import
from pictd.commands.run import Run
from pictd.commands.stats import Stats
from pictd.config.keys import GLOBAL
from pictd.config.legacy import OLD_FLAGS
from pictd.config.levels import HELP, Level
from pictd.config.load import Loaded, load
from pictd.config.save import save

_UNKNOWN = re.compile(r"option (--[\w-]+) not recognized")


class Options(Level):
    """The uppermost level.

    :ivar file: the configuration file; None: none.
    :ivar save_to: where the configuration in force is written; None: nowhere.
    """

    scope = GLOBAL
    subCommands = [
        ("run", None, Run, "Serve."),
        (
            "check",
            None,
            Check,
            "Tell what is wrong: with the settings, or with what is stored.",
        ),
        ("export", None, Export, "Copy the embedded database, also while pictd serves."),
        ("import", None, Import, "Put an exported database in the place of the embedded one."),
        ("migrate-repo", None, MigrateRepo, "Carry everything from one database to another."),
        ("migrate-store", None, MigrateStore, "Copy every stored file to another store."),
        ("prune-missing", None, PruneMissing, "Remove records whose bytes are gone."),
        ("stats", None, Stats, "Tell how much is stored and queued."),
        HELP,
    ]

    def __init__(self) -> None:
        self.file: Path | None = None
        self.save_to: Path | None = None
        super().__init__()

    def opt_config_file(self, path: str) -> None:
        """Read this TOML, JSON or YAML file."""
        self.file = Path(path)

    opt_c = opt_config_file

    def opt_save_to(self, path: str) -> None:
        """Write the configuration in force to this file, as TOML."""
        self.save_to = Path(path)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Exits with 2 and a reason where the command line is wrong."""
        try:
            super().parseOptions(options)
            if self.below is None:
                raise usage.UsageError(f"name a command: {self._commands()}; --help says more")
        except usage.UsageError as error:
            fail(2, [_advised(str(error))])

    def _commands(self) -> str:
        *names, last = (name for name, *_ in self.subCommands if name != HELP[0])
        return f"{', '.join(names)} or {last}"

    def getSynopsis(self) -> str:
        """The same under twistd and as a program of its own."""
        return "Usage: pictd [options]"

    def load(self, environ: Mapping[str, str] = os.environ) -> Loaded:
        """The configuration in force; written to where ``--save-to`` asks.

        :raise ConfigError: it can't be used, or not be written.
        """
        levels = (level for level in self.levels() if level.is_configuration)
        given = {path: each for level in levels for path, each in level.given.items()}
        loaded = load(self.file, environ, given)
        if self.save_to is not None:
            save(loaded.values, self.save_to)
        return loaded


def _advised(message: str) -> str:
    match = _UNKNOWN.search(message)
    became = OLD_FLAGS.get(match[1]) if match else None
    return f"{message}: {became}" if became else message
