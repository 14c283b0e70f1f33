"""Asking an S3 service: signed requests, tried again where that is safe and of use.

How it works. A request is sent with the digest of its body, so that what arrives is what was meant,
with or without TLS. Every request of the store may be repeated: an object is written whole, under a
key that nobody else writes. A failure that may pass is therefore tried again, after a pause that
doubles, some of it by chance; the first time almost at once, for a connection kept from earlier may
have been closed by the other side. Nobody waits for a service that is away longer than the attempts
take, at most two time limits and a half.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from random import uniform
from typing import Any, TypeVar

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.ssl import optionsForClientTLS
from twisted.web.client import URI, Agent, HTTPConnectionPool
from twisted.web.http_headers import Headers
from twisted.web.iweb import IPolicyForHTTPS, IResponse
from zope.interface import implementer

from pictd.errors import ObjectStoreUnavailable, PictdError
from pictd.patience import within
from pictd.store.objects.answers import Answer, Refused, refuse_failure
from pictd.store.objects.arriving import Arriving
from pictd.store.objects.payloads import NOTHING, Payload
from pictd.store.objects.places import Place, query_of
from pictd.store.objects.signing import Credentials, Unsigned, sign

MOST_ANSWERED = 4 * 1024 * 1024
"""Bytes of a document; a listing of a thousand objects has some 400,000."""
ATTEMPTS = 4
_PAUSES = (0.02, 0.2, 0.4)
"""Seconds before the second attempt, the third, the fourth; up to twice as much."""
_CONNECT = 5.0
"""Seconds."""
_MOST_IDLE = 16
_IDLE_SECONDS = 30

T = TypeVar("T")


@attrs.frozen
class Call:
    """A request.

    :ivar key: of an object; empty: the bucket itself.
    :ivar query: parameters, not encoded.
    """

    method: str
    key: str = ""
    query: Mapping[str, str] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    payload: Payload = NOTHING


class Service:
    """One bucket of an S3 service.

    :param seconds: that a request may take, to the head of its answer; that the reader of a body
        waits for its next piece.
    :param now: seconds since the epoch.
    """

    def __init__(
        self,
        place: Place,
        credentials: Credentials,
        reactor: Any,
        seconds: float,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._place, self._credentials = place, credentials
        self._clock, self._seconds = IReactorTime(reactor), seconds
        self._now = now or self._clock.seconds
        self._pool = HTTPConnectionPool(reactor, persistent=True)
        self._pool.maxPersistentPerHost = _MOST_IDLE
        self._pool.cachedConnectionTimeout = _IDLE_SECONDS
        self._pool.retryAutomatically = False
        self._agent = Agent(reactor, _OneHost(place), min(_CONNECT, seconds), pool=self._pool)

    async def ask(self, call: Call, attempts: int = ATTEMPTS) -> Answer:
        """The whole answer.

        :raise Refused: it is none of success.
        :raise ObjectStoreUnavailable: there is none.
        """
        return await self._persist(lambda: self._exchange(call), attempts)

    async def fetch(self, call: Call) -> tuple[Answer, Arriving]:
        """The head of the answer, and its body, which the caller closes.

        :raise Refused: the answer is none of success.
        :raise ObjectStoreUnavailable: there is none.
        """
        return await self._persist(lambda: self._fetch(call), ATTEMPTS)

    async def close(self) -> None:
        """Let go of idle connections."""
        await self._pool.closeCachedConnections()

    async def _persist(self, attempt: Callable[[], Awaitable[T]], attempts: int) -> T:
        end = self._clock.seconds() + 1.5 * self._seconds
        for pause in _PAUSES[: attempts - 1]:
            try:
                return await attempt()
            except ObjectStoreUnavailable as error:
                refused = isinstance(error, Refused) and not error.passes
                if refused or self._clock.seconds() > end:
                    raise
            await _pause(self._clock, uniform(pause, 2 * pause))
        return await attempt()

    async def _exchange(self, call: Call) -> Answer:
        answer, body = await self._fetched(call)
        try:
            whole = attrs.evolve(answer, body=await body.whole(MOST_ANSWERED))
        finally:
            body.close()
        refuse_failure(whole)
        return whole

    async def _fetch(self, call: Call) -> tuple[Answer, Arriving]:
        answer, body = await self._fetched(call)
        if answer.status in (200, 206):
            return answer, body
        try:
            refuse_failure(attrs.evolve(answer, body=await body.whole(MOST_ANSWERED)))
        finally:
            body.close()
        raise Refused(answer.status, "")

    async def _fetched(self, call: Call) -> tuple[Answer, Arriving]:
        response = await self._send(call)
        body = Arriving(self._clock, self._seconds)
        response.deliverBody(body)
        return Answer(response.code, response.headers), body

    async def _send(self, call: Call) -> IResponse:
        try:
            return await within(self._seconds, self._clock, self._request(call))
        except (PictdError, CancelledError):
            raise
        except Exception as error:
            raise ObjectStoreUnavailable(_told(error)) from error

    async def _request(self, call: Call) -> IResponse:
        """The head of the answer."""
        query = query_of(call.query)
        path = self._place.path(call.key)
        headers = {"host": self._place.host, **call.headers}
        unsigned = Unsigned(call.method, path, query, headers, call.payload.digest)
        signed = sign(unsigned, self._credentials, self._now())
        producer = call.payload.producer(self._clock) if call.method in ("PUT", "POST") else None
        response: IResponse = await self._agent.request(
            call.method.encode(),
            self._place.url(call.key, query).encode(),
            Headers({name: [value] for name, value in signed.items()}),
            producer,
        )
        return response


@implementer(IPolicyForHTTPS)
class _OneHost:
    """The machine's authorities are read once, not for every connection."""

    def __init__(self, place: Place) -> None:
        uri = URI.fromBytes(place.url("", "").encode())
        secure = place.scheme == "https"
        self._options = optionsForClientTLS(uri.host.decode()) if secure else None

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """See ``IPolicyForHTTPS``."""
        return self._options


def _told(error: Exception) -> str:
    """Without what may hold secrets; a list of causes is what Twisted has for a broken request."""
    reasons = getattr(error, "reasons", ())
    cause = reasons[0].value if reasons else error
    return f"{ObjectStoreUnavailable.text}: {type(cause).__name__}"


def _pause(clock: IReactorTime, seconds: float) -> Deferred[None]:
    waiter: Deferred[None] = Deferred(lambda _: timer.cancel())
    timer = clock.callLater(seconds, waiter.callback, None)
    return waiter
