"""Hearing of what other processes have committed.

SQLite announces nothing, but it tells each connection whether somebody else has committed since it
last asked, in microseconds. Who else that was, and what about, it does not tell; commits of this
process count as well. So all who wait are woken, and look for themselves.
"""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from pictd.errors import RepoUnavailable
from pictd.repo.sqlite.reader import Reader
from pictd.repo.wakeups import Wakeups

LOOK_EVERY = 0.05
"""Seconds: how late one who waits hears of another process's commit."""


class Watching:
    """Looks while somebody waits."""

    def __init__(self, reader: Reader, wakeups: Wakeups, clock: IReactorTime) -> None:
        self._reader = reader
        self._wakeups = wakeups
        self._seen: int | None = None
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock

    def start(self) -> None:
        """Watch from now on; the reader must be open."""
        if not self._loop.running:
            self._seen = self._version()
            self._loop.start(LOOK_EVERY, now=False)

    def stop(self) -> None:
        """Watch no more. A second call does nothing."""
        if self._loop.running:
            self._loop.stop()

    def _look(self) -> None:
        if self._wakeups.is_waited_for and (version := self._version()) != self._seen:
            self._seen = version
            self._wakeups.wake_all()

    def _version(self) -> int | None:
        """None: the database is busy for a moment, or gone, which others are told."""
        try:
            ((version,),) = self._reader.rows("PRAGMA data_version")
        except RepoUnavailable:
            return None
        return int(version)
