"""The command line (spec configuration 4): ``twistd pictd ...``, and ``pictd ...``.

One level of options per subcommand. A level knows only what was given on it; all levels together
are the uppermost layer of the configuration. Wrong usage exits with 2, a configuration that can't
be used with 1; both say why on standard error.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import ClassVar, NoReturn

from twisted.application.service import IService
from twisted.logger import Logger
from twisted.python import usage
from twisted.scripts import twistd

from pictd.admin.check import check
from pictd.config.findings import ConfigError
from pictd.config.flags import Flag, flags
from pictd.config.keys import GLOBAL, RUN
from pictd.config.layers import Given
from pictd.config.legacy import OLD_FLAGS
from pictd.config.load import Loaded, load, parse
from pictd.config.save import save

_UNKNOWN = re.compile(r"option (--[\w-]+) not recognized")
_log = Logger()


class Level(usage.Options):
    """One level of the command line.

    :cvar scope: whose flags it has (``pictd.config.flags``).
    :cvar chooses: the key and value that naming this subcommand sets.
    :ivar given: the keys that were set on this level.
    """

    longdesc: ClassVar[str] = ""
    scope: ClassVar[str] = ""
    chooses: ClassVar[tuple[str, str] | None] = None

    def __init__(self) -> None:
        self.given: dict[str, Given] = {}
        if self.chooses is not None:
            path, kind = self.chooses
            self.given[path] = Given(kind, f"subcommand {kind}")
        super().__init__()

    def __init_subclass__(cls) -> None:
        for flag in flags(cls.scope) if cls.scope else ():
            taker = _taker(flag)
            for name in filter(None, (flag.name, flag.short)):
                setattr(cls, f"opt_{name.replace('-', '_')}", taker)

    def opt_help(self) -> NoReturn:
        """Print this help."""
        sys.stdout.write(f"{self}\n")
        raise SystemExit(0)

    opt_h = opt_help

    def opt_version(self) -> NoReturn:
        """Print the version."""
        sys.stdout.write(f"pictd {_version()}\n")
        raise SystemExit(0)

    opt_V = opt_version

    def take(self, flag: Flag, raw: object) -> None:
        """Note what a flag sets.

        :raise usage.UsageError: the value breaks the rule of its key.
        """
        path, value = flag.entry.path, raw
        if flag.entry.named:
            name, equals, value = str(raw).partition("=")
            path = f"{path}.{name.lower()}"
            if not equals:
                raise usage.UsageError(f"--{flag.name}: {raw} is not NAME=VALUE")
        try:
            parse(flag.entry.key, value)
        except ValueError as error:
            raise usage.UsageError(f"--{flag.name}: {error}") from None
        if flag.entry.key.rule.many and path in self.given:
            value = f"{self.given[path].raw},{value}"
        self.given[path] = Given(value, f"flag --{flag.name}")

    def levels(self) -> Iterator[Level]:
        """This level and those below that were named."""
        yield self
        if isinstance(self.below, Level):
            yield from self.below.levels()

    @property
    def below(self) -> usage.Options | None:
        """The subcommand that was named."""
        return getattr(self, "subOptions", None)


def _taker(flag: Flag) -> Callable[..., None]:
    def switch(self: Level) -> None:
        self.take(flag, flag.value)

    def value(self: Level, text: str) -> None:
        self.take(flag, text)

    taker = switch if flag.value is not None else value
    taker.__doc__ = flag.doc
    return taker


def _version() -> str:
    try:
        return version("pictd")
    except PackageNotFoundError:
        return "(not installed)"


class Help(usage.Options):
    """``help`` as a command: that of the level above."""

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Print and exit; what follows does not matter."""
        assert self.parent is not None
        del self.parent.subOptions
        self.parent.subCommand = None
        self.parent.opt_help()


_HELP = ("help", None, Help, "Print this help.")


class Sqlite(Level):
    """``sqlite``."""

    scope = "repo.sqlite"
    chooses = ("repo.type", "sqlite")


class Sled(Level):
    """``sled``, the old name of the embedded database."""

    scope = "repo.sled"
    chooses = ("repo.type", "sled")


class Postgres(Level):
    """``postgres``."""

    scope = "repo.postgres"
    chooses = ("repo.type", "postgres")


_REPOS = [
    ("sqlite", None, Sqlite, "Keep facts in an embedded database."),
    ("sled", None, Sled, "The same, named by its directory."),
    ("postgres", None, Postgres, "Keep facts in PostgreSQL."),
    _HELP,
]


class Filesystem(Level):
    """``filesystem``."""

    scope = "store.filesystem"
    chooses = ("store.type", "filesystem")
    subCommands = _REPOS


class ObjectStorage(Level):
    """``object-storage``."""

    scope = "store.object_storage"
    chooses = ("store.type", "object_storage")
    subCommands = _REPOS


_STORES = [
    ("filesystem", None, Filesystem, "Keep bytes in files."),
    ("object-storage", None, ObjectStorage, "Keep bytes in a bucket."),
    _HELP,
]


class Run(Level):
    """``run``."""

    scope = RUN
    subCommands = _STORES


class Check(Level):
    """``check``: takes what ``run`` takes; never leaves the foreground."""

    scope = RUN
    subCommands = _STORES

    def postOptions(self) -> None:
        """Do it now, before twistd daemonises, opens a log or writes a pid file."""
        assert isinstance(self.parent, Options)
        raise SystemExit(check(self.parent.load))


class Options(Level):
    """The uppermost level.

    :ivar file: the configuration file; None: none.
    :ivar save_to: where the configuration in force is written; None: nowhere.
    """

    scope = GLOBAL
    subCommands = [
        ("run", None, Run, "Serve."),
        ("check", None, Check, "Tell what is wrong with the configuration."),
        _HELP,
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
                raise usage.UsageError("name a command: run or check; --help says more")
        except usage.UsageError as error:
            _fail(2, [_advised(str(error))])

    def load(self, environ: Mapping[str, str] = os.environ) -> Loaded:
        """The configuration in force; written to where ``--save-to`` asks.

        :raise ConfigError: it can't be used, or not be written.
        """
        given = {path: each for level in self.levels() for path, each in level.given.items()}
        loaded = load(self.file, environ, given)
        if self.save_to is not None:
            save(loaded.values, self.save_to)
        return loaded


def _advised(message: str) -> str:
    match = _UNKNOWN.search(message)
    became = OLD_FLAGS.get(match[1]) if match else None
    return f"{message}: {became}" if became else message


def _fail(status: int, messages: Sequence[str]) -> NoReturn:
    for message in messages:
        sys.stderr.write(f"pictd: {message}\n")
    raise SystemExit(status)


def makeService(options: Options) -> IService:
    """What twistd runs. Exits with 1 and the reasons where the configuration can't be used."""
    try:
        loaded = options.load()
    except ConfigError as error:
        _fail(1, error.messages)
    for warning in loaded.warnings:
        _log.warn("configuration: {warning}", warning=warning)
    # Late, so that help and check need neither a reactor nor what serves.
    from twisted.internet import reactor

    from pictd.assembly import make_service

    return make_service(loaded.config, reactor)


def main() -> None:
    """The console script: ``twistd pictd`` in the foreground, without a pid file."""
    sys.argv[1:] = ["--nodaemon", "--pidfile=", "pictd", *sys.argv[1:]]
    twistd.run()
