"""Letting go of what nobody asks for: variants, proxied files, unclaimed uploads.

How it works: a sweep goes through the outdated, oldest first, in small steps, each of which is one
step of the repo; between two steps the reactor serves whoever waits. A step checks again what it
removes, so that an access between listing and removal saves it. A crash in a sweep leaves what was
removed removed, with jobs for the bytes, and the next sweep goes on.

Time in which the server was down does not count (contract C13): the moment is noted with each
sweep, and where the last note is more than an hour old, or a database was taken over, nothing goes
for a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator, LoopingCall, TaskStopped
from twisted.logger import Logger

from pictd.errors import PictdError
from pictd.interfaces import IRepo
from pictd.jobs.presence import Presence
from pictd.metrics import Counter, Metrics
from pictd.model.hashes import Hash
from pictd.model.times import from_seconds

SWEEP_EVERY = 30.0
"""Seconds."""

LISTED = 200
"""Entries that are looked up at once."""

PAUSE = 0.01
"""Seconds between two steps, in which requests have the machine to themselves."""

Step = Callable[[], Awaitable[int]]
"""Tells how much it removed."""


@attrs.frozen
class Lifetimes:
    """How long things live, in nanoseconds."""

    variants: int
    proxies: int
    uploads: int


class Retention(Service):
    """Sweeps in intervals; a sweep that takes longer delays the next."""

    _log = Logger()

    def __init__(
        self,
        repo: IRepo,
        presence: Presence,
        lifetimes: Lifetimes,
        clock: IReactorTime,
        metrics: Metrics | None = None,
    ) -> None:
        self._repo = repo
        self._presence = presence
        self._lifetimes = lifetimes
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._cooperator = Cooperator(scheduler=lambda act: clock.callLater(PAUSE, act))
        self._loop = LoopingCall(self._sweep_safely)
        self._loop.clock = clock
        self._sweeping: Deferred[None] | None = None

    def startService(self) -> None:
        """Sweep now, and then in intervals."""
        super().startService()
        self._loop.start(SWEEP_EVERY)

    def stopService(self) -> Deferred[None] | None:
        """Give up the sweep at hand after the step that it is in."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        self._cooperator.stop()
        return self._sweeping

    async def sweep(self) -> None:
        """Let go of everything that is outdated now.

        :raise RepoUnavailable: what was let go until then is gone.
        """
        now, metrics = from_seconds(self._clock.seconds()), self._metrics
        if not await self._presence.note(now):
            return
        lifetimes = self._lifetimes
        await self._walk(self._variants(now - lifetimes.variants), metrics.outdated_variants)
        await self._walk(self._proxies(now - lifetimes.proxies), metrics.outdated_proxies)
        await self._walk(self._uploads(now - lifetimes.uploads), metrics.expired_uploads)

    async def _walk(self, walk: _Walk, removed: Counter) -> None:
        while steps := await walk():
            await self._cooperator.coiterate(_deferred(steps, removed))

    def _variants(self, before: int) -> _Walk:
        async def walk() -> list[Step]:
            found: dict[Hash, list[str]] = defaultdict(list)
            for hash, key in await self._repo.variants.outdated(before, LISTED):
                found[hash].append(key)
            return [
                _bound(self._repo.variants.remove_outdated, *each, before) for each in found.items()
            ]

        return walk

    def _proxies(self, before: int) -> _Walk:
        async def walk() -> list[Step]:
            found = await self._repo.proxies.outdated(before, LISTED)
            return [_bound(self._repo.proxies.remove_outdated, alias, before) for alias, _ in found]

        return walk

    def _uploads(self, before: int) -> _Walk:
        async def walk() -> list[Step]:
            found = await self._repo.uploads.expired(before, LISTED)
            return [_bound(self._repo.uploads.expire, each.id, before) for each in found]

        return walk

    def _sweep_safely(self) -> Deferred[None]:
        self._sweeping = Deferred.fromCoroutine(self._sweep_and_log())
        return self._sweeping

    async def _sweep_and_log(self) -> None:
        try:
            await self.sweep()
        except (CancelledError, TaskStopped):
            return
        except PictdError as error:
            self._log.warn("the sweep of what is outdated broke off: {error}", error=error)


_Walk = Callable[[], Awaitable[list[Step]]]
"""The next steps of a walk; none at its end."""


def _bound(act: Callable[..., Awaitable[int]], *arguments: object) -> Step:
    return lambda: act(*arguments)


def _deferred(steps: list[Step], removed: Counter) -> Iterator[Deferred[Any]]:
    async def taken(step: Step) -> None:
        count = await step()
        if count:
            removed.add(count)

    for step in steps:
        yield Deferred.fromCoroutine(taken(step))
