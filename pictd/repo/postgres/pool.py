"""The connections that steps run on: few, made when they are needed, replaced when they break.

While the server is away, whoever needs a connection is refused at once; a new one is tried for
after pauses that double.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.internet.defer import DeferredSemaphore, TimeoutError
from twisted.logger import Logger

from pictd.errors import RepoUnavailable
from pictd.figures import Ended
from pictd.metrics import Metrics
from pictd.repo.postgres.failures import FAILURES, told
from pictd.repo.postgres.link import Link, Server

IDLE_LIMIT = 60.0
"""Seconds after which a connection that nobody needed is closed: the server has few for all."""

PATIENCE = 10.0
"""Seconds that a step waits for its turn."""

MOST_WAITING = 5000
"""Steps; beyond, callers are refused."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds."""
_AWAY = "The database can't be reached"
"""Why is for the log alone: it tells of hosts and users."""


class Pool:
    """:ivar sessions: the server's numbers of the connections that stand."""

    _log = Logger()

    def __init__(self, server: Server, reactor: Any, metrics: Metrics | None = None) -> None:
        """:param metrics: None: nobody reads them."""
        self._metrics = metrics or Metrics()
        self._server = server
        self._reactor = reactor
        self._turns = DeferredSemaphore(server.connections)
        self._idle: deque[tuple[float, Link]] = deque()
        self._pause = 0.0
        self._not_before = 0.0
        self.sessions: set[int] = set()

    async def turn(self) -> Ended:
        """Wait until a connection may be taken; each turn ends with ``pass_on``.

        :return: for ``take``.
        :raise RepoUnavailable: too many wait, or it takes too long.
        """
        got = self._asked()
        try:
            await self._turn()
        except BaseException:
            got(False)
            raise
        return got

    async def _turn(self) -> None:
        if len(self._turns.waiting) >= MOST_WAITING:
            raise RepoUnavailable("The database is too slow: too many requests are waiting for it")
        try:
            await self._turns.acquire().addTimeout(PATIENCE, self._reactor)
        except TimeoutError:
            raise RepoUnavailable("The database is too slow: no connection was free") from None

    def pass_on(self) -> None:
        """Let the next one have the turn."""
        self._turns.release()

    async def take(self, got: Ended) -> Link:
        """A connection, for whoever has a turn. Must not be cancelled.

        :param got: what ``turn`` returned.
        :raise RepoUnavailable: the server can't be reached.
        """
        try:
            link = await self._take()
        except BaseException:
            got(False)
            raise
        got(True)
        return link

    async def _take(self) -> Link:
        while self._idle:
            _, link = self._idle.pop()  # the latest, so that what is not needed grows old
            if not link.closed:
                return link
            link.close()
        return await self._connect()

    def give_back(self, link: Link) -> None:
        """For others, if it still stands."""
        now = self._reactor.seconds()
        if link.closed:
            link.close()
        else:
            self._idle.append((now, link))
        while self._idle and now - self._idle[0][0] >= IDLE_LIMIT:
            self._idle.popleft()[1].close()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _connect(self) -> Link:
        now = self._reactor.seconds()
        if now < self._not_before:
            raise RepoUnavailable(_AWAY)
        try:
            session = _Session(self)
            link = await self._server.connect(session.end)
        except FAILURES as error:
            self._hold_off()
            self._log.warn("the database can't be reached: {error}", error=told(error))
            raise RepoUnavailable(_AWAY) from error
        self._pause = self._not_before = 0.0
        session.begin(link.get_backend_pid())
        self._metrics.connections.add()
        return link

    def _asked(self) -> Ended:
        ended = self._metrics.connection_waits.begin()

        def got(completed: bool) -> None:
            self._metrics.connection_gets.add(completed=completed)
            ended(completed)

        return got

    def _hold_off(self) -> None:
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, self._pause * 2))
        self._not_before = self._reactor.seconds() + self._pause


class _Session:
    """One entry of ``Pool.sessions``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._number: int | None = None

    def begin(self, number: int) -> None:
        self._number = number
        self._pool.sessions.add(number)

    def end(self) -> None:
        if self._number is not None:
            self._pool.sessions.discard(self._number)
