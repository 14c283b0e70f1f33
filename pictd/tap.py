"""The command line (spec configuration 4): ``twistd pictd ...``, and ``pictd ...``.

One level of options per subcommand (``pictd.config.levels``); all together are the uppermost layer
of the configuration. Wrong usage exits with 2, a configuration that can't be used with 1; both say
why on standard error.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from twisted.application.service import IService
from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    globalLogPublisher,
)
from twisted.python import usage
from twisted.scripts import twistd

from pictd.config.findings import ConfigError
from pictd.config.keys import GLOBAL, RUN
from pictd.config.legacy import OLD_FLAGS
from pictd.config.levels import HELP, Level
from pictd.config.load import Loaded, load
from pictd.config.save import save
from pictd.logs.placing import Logged, observer, place

_UNKNOWN = re.compile(r"option (--[\w-]+) not recognized")
_log = Logger()


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
    HELP,
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
    HELP,
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
        _check(self.parent.load)


class Options(Level):
    """The uppermost level.

    :ivar file: the configuration file; None: none.
    :ivar save_to: where the configuration in force is written; None: nowhere.
    """

    scope = GLOBAL
    subCommands = [
        ("run", None, Run, "Serve."),
        ("check", None, Check, "Tell what is wrong with the configuration."),
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
                raise usage.UsageError("name a command: run or check; --help says more")
        except usage.UsageError as error:
            _fail(2, [_advised(str(error))])

    def getSynopsis(self) -> str:
        """The same under twistd and as a program of its own."""
        return "Usage: pictd [options]"

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


def announce(warnings: Sequence[str], log: Logger) -> None:
    """Log every warning at start (contract D2); twistd's log opens later, and shows them first."""
    for warning in warnings:
        log.warn("configuration: {warning}", warning=warning)


def makeService(options: Options) -> IService:
    """What twistd runs. Exits with 1 and the reasons where the configuration can't be used, or
    this machine does not let the server start with it."""
    try:
        loaded = options.load()
    except ConfigError as error:
        _fail(1, error.messages)
    announce(loaded.warnings, _log)
    # Late, so that help needs neither a reactor nor what serves.
    from twisted.internet import reactor

    from pictd.assembly.failures import CannotStart
    from pictd.assembly.service import make_service

    try:
        service = make_service(loaded.config, reactor)
    except CannotStart as error:
        _fail(1, [str(error)])
    stream = place(options.parent, reactor) if options.parent is not None else None
    if stream is None:
        return service
    return Logged(service, observer(loaded.config.tracing.logging, stream))


def _check(load: Callable[[], Loaded]) -> NoReturn:
    """Exits with 1 where anything was found."""
    # Late, as above; an answer needs real children, and so a reactor for a moment.
    from twisted.internet.task import react

    from pictd.admin.check import check
    from pictd.assembly.media import make_media
    from pictd.assembly.refusals import refusals

    _show_complaints("pictd.tools.process")

    async def answer(reactor: Any) -> None:
        look = partial(refusals, reactor=reactor)
        raise SystemExit(await check(load, partial(make_media, reactor=reactor), look))

    react(answer)


def _show_complaints(namespace: str) -> None:
    """Let warnings of one part go to standard error, without a log: what children say there."""
    heeded = LogLevelFilterPredicate(defaultLogLevel=LogLevel.critical)
    heeded.setLogLevelForNamespace(namespace, LogLevel.warn)
    shown = FileLogObserver(sys.stderr, lambda event: f"{formatEvent(event)}\n")
    globalLogPublisher.addObserver(FilteringLogObserver(shown, [heeded]))


def main() -> None:
    """The console script: ``twistd pictd`` in the foreground, without a pid file."""
    sys.argv[1:] = ["--nodaemon", "--pidfile=", "pictd", *sys.argv[1:]]
    twistd.run()
