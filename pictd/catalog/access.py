"""Last accesses of variants and proxied URLs, gathered in memory and written in batches (contract
C12)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from pictd.errors import PictdError
from pictd.interfaces.repos import IRepo
from pictd.model.hashes import Hash
from pictd.model.times import from_seconds

WRITE_EVERY = 30.0
"""Seconds. What a crash loses of it shortens a life by no more than this."""

MOST_GATHERED = 10_000
"""Of each kind; when as many have gathered they are written at once."""


_K = TypeVar("_K", bound=Hashable)


class AccessLog(Service):
    """Notes who was asked for; a hot GET writes nothing to the database.

    :param read_only: note nothing.
    """

    _log = Logger()

    def __init__(self, repo: IRepo, clock: IReactorTime, read_only: bool = False) -> None:
        self._repo = repo
        self._clock = clock
        self._read_only = read_only
        self._variants: dict[tuple[Hash, str], int] = {}
        self._urls: dict[str, int] = {}
        self._writing = False
        self._loop = LoopingCall(lambda: Deferred.fromCoroutine(self.write()))
        self._loop.clock = clock

    def note(self, hash: Hash, key: str) -> None:
        """The variant was asked for just now."""
        self._note(self._variants, (hash, key))

    def note_url(self, url: str) -> None:
        """The proxied URL, in its normalised spelling, was asked for just now."""
        self._note(self._urls, url)

    async def write(self) -> None:
        """Write what has gathered; what can't be written now is kept for the next time."""
        if self._writing:
            return
        self._writing = True
        try:
            await self._write(self._variants, self._repo.variants.touch)
            await self._write(self._urls, self._repo.proxies.touch)
        finally:
            self._writing = False

    def _note(self, gathered: dict[_K, int], what: _K) -> None:
        if self._read_only:
            return
        gathered[what] = from_seconds(self._clock.seconds())
        if len(gathered) >= MOST_GATHERED and not self._writing:
            Deferred.fromCoroutine(self.write())

    async def _write(
        self, gathered: dict[_K, int], touch: Callable[[dict[_K, int]], Awaitable[None]]
    ) -> None:
        seen = dict(gathered)
        gathered.clear()
        if not seen:
            return
        try:
            await touch(seen)
        except PictdError as error:
            newer = dict(gathered)
            gathered.update(list((seen | newer).items())[-MOST_GATHERED:])
            self._log.warn("access times were not written: {error}", error=error)

    def startService(self) -> None:
        """Begin to write in intervals."""
        super().startService()
        self._loop.start(WRITE_EVERY, now=False)

    async def _finish(self) -> None:
        if self._loop.running:
            self._loop.stop()
        await self.write()

    def stopService(self) -> Deferred[None]:
        """Write what is left."""
        super().stopService()
        return Deferred.fromCoroutine(self._finish())
