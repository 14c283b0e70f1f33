"""Hearing what other processes announce: new jobs, queued uploads that are completed, claims that
are released.

The database announces by itself, whoever writes (spec storage §3.3). What this process wrote is
known to it already, and is not heard again. An announcement of a job says neither whether it is
new nor whether it was taken, so only the first one of each job counts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Any

from psycopg2 import OperationalError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.postgres.failures import FAILURES, told, translated
from pictd.repo.postgres.link import Link, Server
from pictd.repo.wakeups import Topic

_JOBS, _UPLOADS = "queue_status_channel", "upload_completion_channel"
_CLAIMS = "keyed_notification_channel"
_LISTEN = "; ".join(f"LISTEN {channel}" for channel in (_JOBS, _UPLOADS, _CLAIMS))
_REMEMBERED = 4096
"""Jobs that were announced lately."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
"""Seconds between attempts to connect."""


class Listening:
    """A connection that only listens, and is made anew whenever it is lost.

    :param ours: the server's numbers of this process's other connections.
    :param woken: called with what was heard of.
    :param metrics: None: nobody reads them.
    """

    _log = Logger()

    def __init__(
        self,
        server: Server,
        ours: Collection[int],
        woken: Callable[[Iterable[Topic]], None],
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._server = server
        self._ours = ours
        self._woken = woken
        self._link: Link | None = None
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._running = False
        self._pause: Deferred[Any] | None = None
        self._healing: Deferred[None] | None = None

    async def start(self) -> None:
        """Listen from now on. Must not be cancelled.

        :raise RepoUnavailable: the server can't be reached.
        """
        with translated():
            await self._connect()
        self._running = True

    async def stop(self) -> None:
        """Hear nothing more. A second call does nothing."""
        self._running = False
        if self._pause is not None:
            self._pause.cancel()
        if self._healing is not None:
            await self._healing
        if self._link is not None:
            self._link.close()
            self._link = None

    async def _connect(self) -> None:
        link = await self._server.connect(self._lost)
        link.addNotifyObserver(self._heard)
        try:
            await link.runOperation(_LISTEN)
        except BaseException:
            link.close()
            raise
        if link.closed:
            raise OperationalError("the connection broke at once")
        self._link = link

    def _lost(self) -> None:
        if self._running and self._healing is None and self._link is not None:
            self._link = None
            self._healing = Deferred.fromCoroutine(self._heal())

    async def _heal(self) -> None:
        pause = _FIRST_PAUSE
        while self._running and self._link is None:
            await self._rest(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)
            try:
                if self._running:
                    await self._connect()
            except FAILURES as error:
                self._log.warn("the database does not announce jobs: {error}", error=told(error))
        self._healing = None

    async def _rest(self, seconds: float) -> None:
        self._pause = deferLater(self._server.reactor, seconds)
        with suppress(CancelledError):
            await self._pause
        self._pause = None

    def _heard(self, notice: Any) -> None:
        self._metrics.notifications.add()
        if notice.pid in self._ours:
            return None
        if notice.channel == _JOBS:
            return self._heard_of_job(*notice.payload.partition(" ")[::2])
        if notice.channel == _UPLOADS:
            self._metrics.upload_news.add()
        return self._woken([notice.payload])

    def _heard_of_job(self, job: str, queue: str) -> None:
        if self._is_news(job):
            self._metrics.job_news.add(queue=queue)
            self._woken([each for each in Queue if each.value == queue])

    def _is_news(self, job: str) -> bool:
        known = job in self._seen
        self._seen[job] = None
        self._seen.move_to_end(job)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return not known
