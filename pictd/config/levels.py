"""Levels of the command line: what was given on each, as a layer of settings.

One level per subcommand. Its flags follow from the schema (``pictd.config.flags``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import ClassVar, NoReturn

from twisted.python import usage

from pictd.config.flags import Flag, flags
from pictd.config.layers import Given
from pictd.config.load import parse


class Level(usage.Options):
    """One level of the command line.

    :cvar scope: whose flags it has (``pictd.config.flags``).
    :cvar chooses: the key and value that naming this subcommand sets.
    :cvar is_configuration: whether what is given here is part of the configuration in force.
    :ivar given: the keys that were set on this level.
    """

    longdesc: ClassVar[str] = ""
    scope: ClassVar[str] = ""
    chooses: ClassVar[tuple[str, str] | None] = None
    is_configuration: ClassVar[bool] = True

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


HELP = ("help", None, Help, "Print this help.")
"""The entry of ``help`` among ``subCommands``."""
