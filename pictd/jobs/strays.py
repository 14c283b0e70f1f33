"""Bytes that were saved and never recorded, which a crash between the two leaves."""

from __future__ import annotations

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from pictd.claiming import Alone, Claiming
from pictd.errors import PictdError
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.model.claims import STRAYS_CLAIM
from pictd.model.times import SECOND, from_seconds

SWEEP_EVERY = 3600.0
"""Seconds."""

GRACE = 3600
"""Seconds between saving and recording after which nobody is at work on it any more."""


class Strays(Service):
    """Sweeps at start, and from then on every hour.

    :param first_grace: seconds, for the sweep at start: 0 where no other machine works on the same
        store, for whatever is stray then was left by a crash.
    :param began: the moment before which no process that runs now had begun, in seconds; None: this
        is the only one.
    :param claiming: None: likewise. Of several processes one sweeps at a time.
    """

    _log = Logger()

    def __init__(
        self,
        repo: IRepo,
        store: IStore,
        clock: IReactorTime,
        first_grace: int = GRACE,
        began: float | None = None,
        claiming: Claiming | None = None,
    ) -> None:
        self._repo = repo
        self._claiming = claiming or Alone()
        self._store = store
        self._clock = clock
        self._grace = first_grace
        self._began: int | None = from_seconds(clock.seconds() if began is None else began)
        self._loop = LoopingCall(self._sweep_safely)
        self._loop.clock = clock
        self._sweep: Deferred[None] | None = None

    def startService(self) -> None:
        """Sweep now."""
        super().startService()
        self._loop.start(SWEEP_EVERY)

    def stopService(self) -> Deferred[None] | None:
        """Give up the sweep at hand; the next start goes on."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        if self._sweep is not None:
            self._sweep.cancel()
        return self._sweep

    async def sweep(self, before: int) -> int:
        """Remove what has been stray since before that moment, and keep what is recorded.

        :return: how many were removed.
        """
        removed = 0
        for identifier in await self._store.strays(before):
            if await self._repo.refers_to(identifier):
                await self._store.keep(identifier)
            else:
                await self._store.remove(identifier)
                removed += 1
        return removed

    def _moment(self) -> int:
        """The first sweep leaves alone whatever was saved since the oldest process began."""
        now = from_seconds(self._clock.seconds()) if self._began is None else self._began
        return now - self._grace * SECOND

    def _sweep_safely(self) -> Deferred[None]:
        self._sweep = Deferred.fromCoroutine(self._sweep_and_log())
        return self._sweep

    async def _sweep_and_log(self) -> None:
        try:
            await self._claiming.unless_claimed(STRAYS_CLAIM, self._sweep_now)
        except CancelledError:
            return
        except PictdError as error:
            self._log.warn("stray bytes were not looked for: {error}", error=error)

    async def _sweep_now(self) -> None:
        removed = await self.sweep(self._moment())
        self._began, self._grace = None, GRACE
        if removed:
            self._log.info("{count} stray files of a crash were removed", count=removed)
