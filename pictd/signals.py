"""How the process ends when it is told to.

Twisted's own handlers end a process by the signal that stopped it, once everything is in order;
here the status is 0 then, which is what supervisors take for an orderly end.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from twisted.application.service import Service
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

CUT_SHORT = 1
"""The status of a process that was told a second time."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Signals(Service):
    """The first SIGTERM or SIGINT stops the services in order; a second one ends at once.

    :param reactor: whose handlers are replaced when it runs.
    :param end: ends the process with a status, without any order.
    """

    _log = Logger()

    def __init__(self, reactor: Any, end: Callable[[int], object] = os._exit) -> None:
        self._reactor = reactor
        self._end = end
        self._told_before = False

    def startService(self) -> None:
        """The reactor installs its handlers when it starts; ours come after them."""
        super().startService()
        self._reactor.callWhenRunning(self._install)

    def told(self, number: int, frame: FrameType | None) -> None:
        """A signal has come."""
        if self._told_before:
            self._end(CUT_SHORT)
        self._told_before = True
        self._reactor.callFromThread(self._stop, signal.Signals(number).name)

    def _stop(self, name: str) -> None:
        self._log.info("{name}: stopping", name=name)
        with suppress(ReactorNotRunning):  # it was stopped for another reason
            self._reactor.stop()

    def _install(self) -> None:
        for number in _SIGNALS:
            signal.signal(number, self.told)
