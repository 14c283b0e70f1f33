"""Commands that do their work and end (contract D7).

They never leave the foreground: their work is done while the command line is read, before twistd
daemonises, opens a log or writes a pid file. What they find out goes to standard output, warnings
and errors to standard error, and the exit status tells whether all is well.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NoReturn, Protocol, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater, react
from twisted.logger import (
    FileLogObserver,
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
    globalLogPublisher,
)

from pictd.assembly.failures import CannotStart
from pictd.config.findings import ConfigError
from pictd.config.levels import Level
from pictd.config.load import Loaded
from pictd.errors import PictdError

INTERRUPTED = 128 + signal.SIGINT
"""Exit status of a command that was stopped by Ctrl-C, as shells have it."""

Load = Callable[[], Loaded]
"""Reads the configuration; raises ConfigError."""

Work = Callable[[Any], Coroutine[Any, Any, int]]
"""Gets the reactor, returns the exit status."""


class Configured(Protocol):
    """The level above all commands."""

    def load(self) -> Loaded:
        """The configuration in force.

        :raise ConfigError: it can't be used.
        """


class Command(Level):
    """One command.

    :cvar heeded: the namespace of the log from which warnings are shown.
    """

    heeded = "pictd"

    def postOptions(self) -> None:
        """Do it, and exit."""
        above = cast(Configured, self.parent)
        _show_warnings(self.heeded)
        in_foreground(lambda reactor: self.act(above.load, reactor))

    async def act(self, load: Load, reactor: Any) -> int:
        """The work.

        :return: the exit status.
        :raise ConfigError: status 1, as with every other error that is known.
        """
        raise NotImplementedError


def fail(status: int, messages: Sequence[str]) -> NoReturn:
    """End, with a line for each message."""
    complain(messages)
    raise SystemExit(status)


def complain(messages: Sequence[str]) -> None:
    """A line for each message, on standard error."""
    for message in messages:
        sys.stderr.write(f"pictd: {message}\n")


def in_foreground(work: Work) -> NoReturn:
    """Run a command's work with the reactor, and exit with the status that it returns.

    An error that is known ends it with status 1 and its text. SIGINT and SIGTERM cancel it.
    """
    react(lambda reactor: _exit_with(work, reactor))


async def _exit_with(work: Work, reactor: Any) -> NoReturn:
    at_work = Deferred.fromCoroutine(_status_of(work, reactor))
    ended: Deferred[None] = Deferred()
    reactor.addSystemEventTrigger("before", "shutdown", _interrupt, at_work, ended)
    try:
        raise SystemExit(await at_work)
    finally:
        ended.callback(None)


async def _status_of(work: Work, reactor: Any) -> int:
    try:
        await deferLater(reactor, 0)  # from now on signals are the reactor's
        return await work(reactor)
    except CancelledError:
        complain(["interrupted"])
        return INTERRUPTED
    except ConfigError as error:
        complain(error.messages)
    except (PictdError, CannotStart) as error:
        complain([str(error)])
    return 1


def _interrupt(at_work: Deferred[int], ended: Deferred[None]) -> Deferred[None] | None:
    """At the end of the reactor, which waits for what is still at work."""
    if at_work.called:
        return None
    at_work.cancel()
    return ended


def _show_warnings(namespace: str) -> None:
    """Let warnings of a part of pictd go to standard error, without a log."""
    heeded = LogLevelFilterPredicate(defaultLogLevel=LogLevel.critical)
    heeded.setLogLevelForNamespace(namespace, LogLevel.warn)
    shown = FileLogObserver(sys.stderr, lambda event: f"pictd: {formatEvent(event)}\n")
    globalLogPublisher.addObserver(FilteringLogObserver(shown, [heeded]))
