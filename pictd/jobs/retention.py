"""Letting go of what nobody asks for: variants, proxied files, unclaimed uploads.

How it works: a sweep goes through the outdated, oldest first, in small steps, each of which is one
step of the repo; between two steps the reactor serves whoever waits. A step checks again what it
removes, so that an access between listing and removal saves it. A crash in a sweep leaves what was
removed removed, with jobs for the bytes, and the next sweep goes on.

Time in which the server was down does not count (contract C13): the moment is noted along the
sweeps, and where the last note is more than an hour old, or a database was taken over, nothing
goes for a day.

Of several nodes one sweeps at a time; the others try again when their next sweep is due.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Cooperator, LoopingCall, SchedulerStopped
from twisted.logger import Logger

from pictd.claiming import Alone, Claiming
from pictd.errors import PictdError
from pictd.figures import Counter
from pictd.interfaces.repos import IRepo
from pictd.jobs.presence import Presence
from pictd.metrics import Metrics
from pictd.model.claims import RETENTION_CLAIM
from pictd.model.times import from_seconds

SWEEP_EVERY = 30.0
"""Seconds."""

LISTED = 200
"""Entries that are looked up at once."""

TOGETHER = 10
"""Variants, at most, that one step removes."""

PAUSE = 0.05
"""Seconds between two steps, in which requests have the machine to themselves."""

Step = Callable[[], Awaitable[int]]
"""Tells how much it removed."""

_Listing = Callable[[], Awaitable[list[Step]]]
"""The steps that remove what is outdated now; none at the end."""

T = TypeVar("T")


@attrs.frozen
class Lifetimes:
    """How long things live, in nanoseconds."""

    variants: int
    proxies: int
    uploads: int


class Retention(Service):
    """Sweeps in intervals; a sweep that takes longer delays the next.

    :param metrics: None: nobody reads them.
    :param claiming: None: no other process works on the same facts.
    """

    _log = Logger()

    def __init__(
        self,
        repo: IRepo,
        presence: Presence,
        lifetimes: Lifetimes,
        clock: IReactorTime,
        metrics: Metrics | None = None,
        claiming: Claiming | None = None,
    ) -> None:
        self._repo = repo
        self._claiming = claiming or Alone()
        self._presence = presence
        self._lifetimes = lifetimes
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._cooperator = Cooperator(
            lambda: lambda: True,  # one step at a time
            lambda act: clock.callLater(PAUSE, act),
        )
        self._loop = LoopingCall(self._sweep_safely)
        self._loop.clock = clock
        self._sweeping: Deferred[None] | None = None

    def startService(self) -> None:
        """Sweep now, and then in intervals."""
        super().startService()
        self._loop.start(SWEEP_EVERY)

    def stopService(self) -> Deferred[None] | None:
        """Give up the sweep at hand after the step that it is in: what was begun is written."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        self._cooperator.stop()
        return self._sweeping

    async def sweep(self) -> None:
        """Let go of everything that is outdated now.

        :raise RepoUnavailable: what was let go until then is gone.
        :raise SchedulerStopped: the service stops.
        """
        now, lifetimes, counted = self._now(), self._lifetimes, self._metrics
        await self._walk(self._variants(now - lifetimes.variants), counted.outdated_variants)
        await self._walk(self._proxies(now - lifetimes.proxies), counted.outdated_proxies)
        await self._walk(self._uploads(now - lifetimes.uploads), counted.expired_uploads)

    async def _walk(self, listing: _Listing, counter: Counter) -> None:
        """Ends where nothing is listed any more, or nothing of what is listed can be removed; and
        where things may not go: a long walk may have slept with its machine."""
        removed = 1
        while removed and await self._presence.note(self._now()):
            steps = await listing()
            removed = await self._take(steps) if steps else 0
            if removed:
                counter.add(removed)

    async def _take(self, steps: Sequence[Step]) -> int:
        counts: list[int] = []
        await self._cooperator.coiterate(_taken(steps, counts))
        return sum(counts)

    def _variants(self, before: int) -> _Listing:
        async def listing() -> list[Step]:
            found = await self._repo.variants.outdated(before, LISTED)
            remove = self._repo.variants.remove_outdated
            return [_bound(remove, few, before) for few in _few(found)]

        return listing

    def _proxies(self, before: int) -> _Listing:
        async def listing() -> list[Step]:
            found = await self._repo.proxies.outdated(before, LISTED)
            remove = self._repo.proxies.remove_outdated
            return [_bound(remove, alias, before) for alias, _ in found]

        return listing

    def _uploads(self, before: int) -> _Listing:
        async def listing() -> list[Step]:
            found = await self._repo.uploads.expired(before, LISTED)
            return [_bound(self._repo.uploads.expire, each.id, before) for each in found]

        return listing

    def _now(self) -> int:
        return from_seconds(self._clock.seconds())

    def _sweep_safely(self) -> Deferred[None]:
        self._sweeping = Deferred.fromCoroutine(self._sweep_and_log())
        return self._sweeping

    async def _sweep_and_log(self) -> None:
        try:
            await self._claiming.unless_claimed(RETENTION_CLAIM, self.sweep)
        except SchedulerStopped:
            return
        except PictdError as error:
            self._log.warn("the sweep of what is outdated broke off: {error}", error=error)
        except Exception as error:
            self._log.failure("the sweep of what is outdated failed: {e}", e=repr(error))


def _taken(steps: Sequence[Step], counts: list[int]) -> Iterator[Deferred[None]]:
    async def take(step: Step) -> None:
        counts.append(await step())

    for step in steps:
        yield Deferred.fromCoroutine(take(step))


def _few(found: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(found), TOGETHER):
        yield found[first : first + TOGETHER]


def _bound(act: Callable[..., Awaitable[int]], *arguments: object) -> Step:
    return lambda: act(*arguments)
