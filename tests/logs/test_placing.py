"""Where the log goes."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path
from typing import Any

from twisted.application.service import Application, IService, Service
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogLevel
from twisted.python.logfile import LogFile
from twisted.trial.unittest import SynchronousTestCase

from pictd.config.choices import LogFormat
from pictd.config.schema import Logging
from pictd.config.targets import parse_targets
from pictd.logs.placing import Logged, observer, place


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        """It is."""
        return True


class ObserverTests(SynchronousTestCase):
    """What is written."""

    def written(self, stream: io.StringIO, level: LogLevel = LogLevel.info, **logging: Any) -> str:
        """After one event."""
        written: Any = observer(Logging(**logging), stream)
        written({"log_level": level, "log_namespace": "n", "log_format": "told", "log_time": 0})
        return stream.getvalue()

    def test_the_configured_shape(self) -> None:
        """Is the one of the lines."""
        self.assertTrue(self.written(io.StringIO(), format=LogFormat.JSON).startswith("{"))

    def test_the_filter(self) -> None:
        """Leaves out what it does not let through."""
        targets = parse_targets("warn")
        self.assertEqual(self.written(io.StringIO(), targets=targets), "")
        self.assertIn("told", self.written(io.StringIO(), LogLevel.warn, targets=targets))

    def test_colours(self) -> None:
        """Only on a terminal, and not where they are not wanted."""
        self.assertIn("\x1b", self.written(Terminal()))
        self.assertNotIn("\x1b", self.written(Terminal(), no_ansi=True))
        self.assertNotIn("\x1b", self.written(io.StringIO()))


class PlaceTests(SynchronousTestCase):
    """twistd's options hold."""

    def setUp(self) -> None:
        """No handler is left behind."""
        before = signal.getsignal(signal.SIGUSR1)
        self.addCleanup(signal.signal, signal.SIGUSR1, before)
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)

    def place(self, **twistd: object) -> Any:
        """For these options; a file is closed after the test."""
        found = place(twistd, Clock())
        if isinstance(found, LogFile):
            self.addCleanup(found.close)
        return found

    def test_the_foreground(self) -> None:
        """Logs to the standard output."""
        for name in (None, "-"):
            self.assertIs(self.place(nodaemon=True, logfile=name), sys.stdout)

    def test_a_file(self) -> None:
        """In the foreground and as a daemon."""
        for nodaemon in (True, False):
            path = Path(self.mktemp())
            self.place(nodaemon=nodaemon, logfile=str(path)).write("x")
            self.assertTrue(path.exists())

    def test_rotation(self) -> None:
        """SIGUSR1 begins a new file, unless the signal serves others already."""
        self.place(logfile=self.mktemp())
        ours = signal.getsignal(signal.SIGUSR1)
        self.assertTrue(callable(ours))
        self.place(logfile=self.mktemp())
        self.assertIs(signal.getsignal(signal.SIGUSR1), ours)

    def test_what_is_left_to_twistd(self) -> None:
        """The system's log, an observer of the operator's, and what twistd refuses."""
        self.assertIsNone(self.place(syslog=True))
        self.assertIsNone(self.place(logger="some.observer", nodaemon=True))
        self.assertIsNone(self.place(logfile="-"))


class LoggedTests(SynchronousTestCase):
    """How twistd finds the observer."""

    def test_the_application_has_it(self) -> None:
        """And the service starts and stops with it."""
        inner, found = Service(), observer(Logging(), io.StringIO())
        application: Any = Application("test")
        Logged(inner, found).setServiceParent(application)
        self.assertIs(application.getComponent(ILogObserver), found)
        IService(application).startService()
        self.assertTrue(inner.running)
