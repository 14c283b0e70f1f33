"""Where lines go: where twistd was told to log.

twistd takes an ``ILogObserver`` of the application for its own log, whatever its options say; so
the options are read here. With ``--syslog`` and ``--logger`` twistd's own log is left alone.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from io import TextIOBase
from typing import Any, TextIO, cast

from twisted.application.service import IService, MultiService
from twisted.logger import FileLogObserver, FilteringLogObserver, ILogObserver
from twisted.python.logfile import LogFile

from pictd.config.schema import Logging
from pictd.logs.formats import formatter
from pictd.logs.heeding import Heeding

DAEMONS_FILE = "twistd.log"
"""Where a daemon logs that was not told where."""


class Logged(MultiService):
    """A service whose application logs by an observer of its own."""

    def __init__(self, service: IService, observer: ILogObserver) -> None:
        super().__init__()
        self._observer = observer
        service.setServiceParent(self)

    def setServiceParent(self, parent: Any) -> None:
        """To be called with the application, before twistd begins to log."""
        super().setServiceParent(parent)
        parent.setComponent(ILogObserver, self._observer)


def observer(logging: Logging, stream: TextIO) -> ILogObserver:
    """What writes the events that are let through."""
    terminal = isinstance(stream, TextIOBase) and stream.isatty()
    colours = terminal and not logging.no_ansi
    written = FileLogObserver(stream, formatter(logging.format, colours))
    return FilteringLogObserver(written, [Heeding(logging.targets)])


def is_twistds(twistd: Mapping[str, object]) -> bool:
    """Whether twistd was told to log in a way of its own, where nothing is left out."""
    return bool(twistd.get("syslog") or twistd.get("logger"))


def place(twistd: Mapping[str, object], reactor: Any) -> TextIO | None:
    """The standard output, or a file that is kept short; None: leave it to twistd.

    :param twistd: its options.
    """
    name = twistd.get("logfile")
    if is_twistds(twistd):
        return None
    if twistd.get("nodaemon") and name in (None, "", "-"):
        return sys.stdout
    if name == "-":
        return None  # twistd says that daemons can't, and ends
    file = LogFile.fromFullPath(str(name or DAEMONS_FILE))
    if signal.getsignal(signal.SIGUSR1) in (None, signal.SIG_DFL):
        signal.signal(signal.SIGUSR1, lambda *_: reactor.callFromThread(file.rotate))
    return cast(TextIO, file)
