"""Asking an S3 service, and asking again where that is of use.

How it works. A request is signed together with the digest of its body, so that what arrives is what
was meant, with or without TLS. Every request of the store may be repeated: an object is written
whole, under a key that nobody else writes. A failure that may pass is therefore tried again, after
a pause that doubles, some of it by chance; the first time almost at once, for a connection kept
from earlier may have been closed by the other side. Nobody waits for a service that is away longer
than the attempts take, at most two time limits and a half.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import uniform
from typing import Any, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from pictd.errors import ObjectStoreUnavailable
from pictd.metrics import Metrics
from pictd.store.objects.answers import Answer, Refused, refuse_failure
from pictd.store.objects.arriving import Arriving
from pictd.store.objects.calls import Access, Call
from pictd.store.objects.exchanges import Exchanges

MOST_ANSWERED = 4 * 1024 * 1024
"""Bytes of a document; a listing of a thousand objects has some 400,000."""
_PAUSES = (0.02, 0.2, 0.4)
"""Seconds before the second attempt, the third, the fourth; up to twice as much."""
_ATTEMPTS = len(_PAUSES) + 1
_MOMENT = 1.0
"""Seconds."""
_LONGEST = 1.5
"""Time limits after which no attempt is begun."""

T = TypeVar("T")


class Service:
    """One bucket of an S3 service.

    :ivar streams: measures bodies on their way to readers.
    """

    def __init__(self, access: Access, reactor: Any, metrics: Metrics | None = None) -> None:
        """:param metrics: None: nobody reads them."""
        timings = (metrics or Metrics()).objects
        self.streams = timings["stream"]
        self._exchanges = Exchanges(access, reactor, timings)
        self._clock, self._seconds = IReactorTime(reactor), _LONGEST * access.seconds
        self._succeeded = float("-inf")

    async def ask(self, call: Call, attempts: int = _ATTEMPTS) -> Answer:
        """The whole answer.

        :raise Refused: it is none of success.
        :raise ObjectStoreUnavailable: there is none.
        """
        return await self._persist(lambda: self._ask(call), attempts)

    async def fetch(self, call: Call) -> tuple[Answer, Arriving]:
        """The head of an answer that has a body, and this body, which the caller closes.

        :raise Refused: the answer is none of success.
        :raise ObjectStoreUnavailable: there is none.
        """
        return await self._persist(lambda: self._fetch(call), _ATTEMPTS)

    def is_there(self) -> bool:
        """Whether the bucket was seen a moment ago, for something was done in it."""
        return self._clock.seconds() - self._succeeded < _MOMENT

    async def close(self) -> None:
        """Let go of idle connections."""
        await self._exchanges.close()

    async def _persist(self, attempt: Callable[[], Awaitable[T]], attempts: int) -> T:
        end = self._clock.seconds() + self._seconds
        for pause in _PAUSES[: attempts - 1]:
            try:
                return await attempt()
            except ObjectStoreUnavailable as error:
                refused = isinstance(error, Refused) and not error.passes
                if refused or self._clock.seconds() > end:
                    raise
            await _pause(self._clock, uniform(pause, 2 * pause))
        return await attempt()

    async def _ask(self, call: Call) -> Answer:
        answer, body = await self._exchanges.begin(call)
        whole = await _whole(answer, body)
        self._succeeded = self._clock.seconds()
        return whole

    async def _fetch(self, call: Call) -> tuple[Answer, Arriving]:
        answer, body = await self._exchanges.begin(call)
        if answer.status in (200, 206):
            return answer, body
        await _whole(answer, body)
        raise Refused(answer.status, "")


async def _whole(answer: Answer, body: Arriving) -> Answer:
    """:raise Refused: it is none of success."""
    try:
        whole = attrs.evolve(answer, body=await body.whole(MOST_ANSWERED))
    finally:
        body.close()
    refuse_failure(whole)
    return whole


def _pause(clock: IReactorTime, seconds: float) -> Deferred[None]:
    waiter: Deferred[None] = Deferred(lambda _: timer.cancel())
    timer = clock.callLater(seconds, waiter.callback, None)
    return waiter
