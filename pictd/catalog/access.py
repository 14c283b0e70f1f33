"""Last accesses of variants, gathered in memory and written in batches (contract C12)."""

from __future__ import annotations

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from pictd.errors import PictdError
from pictd.interfaces import IRepo
from pictd.model.hashes import Hash
from pictd.model.times import from_seconds

WRITE_EVERY = 30.0
"""Seconds. What a crash loses of it shortens the life of a variant by no more than this."""

MOST_GATHERED = 10_000
"""Variants; when as many have gathered they are written at once."""


class AccessLog(Service):
    """Notes who was asked for; a hot GET writes nothing to the database.

    :param read_only: note nothing.
    """

    _log = Logger()

    def __init__(self, repo: IRepo, clock: IReactorTime, read_only: bool = False) -> None:
        self._repo = repo
        self._clock = clock
        self._read_only = read_only
        self._seen: dict[tuple[Hash, str], int] = {}
        self._writing = False
        self._loop = LoopingCall(lambda: Deferred.fromCoroutine(self.write()))
        self._loop.clock = clock

    def note(self, hash: Hash, key: str) -> None:
        """The variant was asked for just now."""
        if self._read_only:
            return
        self._seen[hash, key] = from_seconds(self._clock.seconds())
        if len(self._seen) >= MOST_GATHERED and not self._writing:
            Deferred.fromCoroutine(self.write())

    async def write(self) -> None:
        """Write what has gathered; what can't be written now is kept for the next time."""
        seen, self._seen = self._seen, {}
        if not seen:
            return
        self._writing = True
        try:
            await self._repo.variants.touch(seen)
        except PictdError as error:
            self._seen = dict(list((seen | self._seen).items())[-MOST_GATHERED:])
            self._log.warn("access times were not written: {error}", error=error)
        finally:
            self._writing = False

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
