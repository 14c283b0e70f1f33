"""Doing once what several processes want done.

How it works: whoever gets the claim of a key does the work, and renews the claim while he is at it.
Others wait for its end, look whether the work is done, and try for the claim themselves where it is
not: the holder failed, and his failure is his own. A process that dies stops renewing, and when its
claim is void the work is taken over.

A claim keeps others waiting, and nothing else. A holder who can't renew his, or has lost it, goes
on: most often the database is away for a moment, and whoever began anew would only be later. Where
two have made the same, the repo keeps the first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from pictd.errors import Overloaded, RepoUnavailable
from pictd.interfaces.queues import IClaims
from pictd.model.claims import Claim, is_void
from pictd.model.times import from_seconds

RENEW_EVERY = 5.0
"""Seconds."""

RELEASE_AGAIN = 2.0
"""Seconds until a release is tried again."""

PATIENCE = 120.0
"""Seconds that others wait for somebody who is alive and at it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks, where nobody announced anything; they double."""

_STOPPING = "This node stops"

T = TypeVar("T")


class Claiming(Protocol):
    """How processes keep out of each other's way."""

    async def once(
        self, key: str, find: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]
    ) -> T:
        """What is there, or is made now, here or elsewhere.

        :param find: looks whether it is there.
        :raise Overloaded: somebody else is at it for too long, or this process stops. Whatever
            ``make`` raises comes through.
        """

    async def unless_claimed(self, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Do it. False, and nothing done: somebody else is at it."""

    def leave(self) -> None:
        """This process stops: whoever waits for others gives up. What is claimed goes on."""


class Alone:
    """There are no other processes: nothing need be claimed."""

    async def once(
        self, key: str, find: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]
    ) -> T:
        """See ``Claiming``."""
        found = await find()
        return await make() if found is None else found

    async def unless_claimed(self, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        """See ``Claiming``."""
        await work()
        return True

    def leave(self) -> None:
        """See ``Claiming``."""


class AmongNodes:
    """There may be others."""

    def __init__(self, claims: IClaims, clock: IReactorTime) -> None:
        self._claims = claims
        self._clock = clock
        self._left = False
        self._resting: set[Deferred[None]] = set()

    def leave(self) -> None:
        """See ``Claiming``."""
        self._left = True
        for each in list(self._resting):
            each.cancel()

    async def once(
        self, key: str, find: Callable[[], Awaitable[T | None]], make: Callable[[], Awaitable[T]]
    ) -> T:
        """See ``Claiming``."""
        end, pause = self._clock.seconds() + PATIENCE, _FIRST_PAUSE
        while True:
            # Listening begins before the attempt: a release between would be missed.
            released = Deferred.fromCoroutine(self._claims.wait(key))
            try:
                claim = await self._claims.take(key, self._now())
                if claim is not None:
                    return await self._first(claim, find, make)
                await self._rest(released, pause, end)
            finally:
                released.addErrback(lambda _: None).cancel()
            found = await find()
            if found is not None:
                return found
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def unless_claimed(self, key: str, work: Callable[[], Awaitable[None]]) -> bool:
        """See ``Claiming``."""
        claim = await self._claims.take(key, self._now())
        if claim is None:
            return False
        async with self._held(claim):
            await work()
        return True

    async def _first(
        self,
        claim: Claim,
        find: Callable[[], Awaitable[T | None]],
        make: Callable[[], Awaitable[T]],
    ) -> T:
        """Another may have done it between the caller's look and the claim."""
        async with self._held(claim):
            return await Alone().once(claim.key, find, make)

    @asynccontextmanager
    async def _held(self, claim: Claim) -> AsyncIterator[None]:
        held = _Held(self._claims, self._clock, claim)
        held.begin()
        try:
            yield
        finally:
            await held.end()

    async def _rest(self, released: Deferred[None], seconds: float, end: float) -> None:
        if self._left:
            raise Overloaded(_STOPPING)
        if self._clock.seconds() >= end:
            raise Overloaded("Another node is still at this")
        resting = _either(released).addTimeout(seconds, self._clock)
        self._resting.add(resting)
        try:
            await resting
        except TimeoutError:
            pass
        except CancelledError:
            if not self._left:
                raise
            raise Overloaded(_STOPPING) from None
        finally:
            self._resting.discard(resting)

    def _now(self) -> int:
        return from_seconds(self._clock.seconds())


@attrs.define
class _Held:
    """A claim, and its renewals."""

    _log = Logger()

    _claims: IClaims
    _clock: IReactorTime
    _claim: Claim
    _beat: LoopingCall = attrs.field(init=False)
    _ended: Deferred[LoopingCall] = attrs.field(init=False)

    def begin(self) -> None:
        self._beat = LoopingCall(lambda: Deferred.fromCoroutine(self._renew()))
        self._beat.clock = self._clock
        self._ended = self._beat.start(RENEW_EVERY, now=False)

    async def end(self) -> None:
        """Release it; but first let a renewal end that is under way, which changes it."""
        if self._beat.running:
            self._beat.stop()
        await self._ended
        try:
            await self._claims.release(self._claim)
        except RepoUnavailable as error:
            self._warn("not released yet", str(error))
            self._release_later()

    def _release_later(self) -> None:
        """Others need not wait until it is void, once the database is back."""
        if not is_void(self._claim.heard, from_seconds(self._clock.seconds())):
            self._clock.callLater(
                RELEASE_AGAIN, lambda: Deferred.fromCoroutine(self._release_again())
            )

    async def _release_again(self) -> None:
        try:
            await self._claims.release(self._claim)
        except RepoUnavailable:
            self._release_later()

    async def _renew(self) -> None:
        try:
            renewed = await self._claims.renew(self._claim, from_seconds(self._clock.seconds()))
        except RepoUnavailable as error:
            return self._warn("not renewed", str(error))
        if renewed is not None:
            self._claim = renewed
            return None
        self._beat.stop()
        return self._warn("lost", "it was taken for void")

    def _warn(self, what: str, why: str) -> None:
        self._log.warn(
            "the claim of {key} is {what}: {why}", key=self._claim.key, what=what, why=why
        )


def _either(released: Deferred[None]) -> Deferred[None]:
    """Fires with it, however it ends; it may be cancelled by itself."""
    either: Deferred[None] = Deferred()

    def tell(_: object) -> None:
        if not either.called:
            either.callback(None)

    released.addBoth(tell)
    return either
