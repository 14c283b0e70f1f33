"""One signed request, and the head of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.ssl import optionsForClientTLS
from twisted.web.client import URI, Agent, HTTPConnectionPool, _HTTP11ClientFactory
from twisted.web.http_headers import Headers
from twisted.web.iweb import IPolicyForHTTPS, IResponse
from zope.interface import implementer

from pictd.errors import ObjectStoreUnavailable, PictdError
from pictd.figures import Timing
from pictd.patience import within
from pictd.store.objects.answers import Answer
from pictd.store.objects.arriving import Arriving
from pictd.store.objects.calls import Access, Call
from pictd.store.objects.places import query_of
from pictd.store.objects.signing import Unsigned, sign

_CONNECT = 5.0
"""Seconds."""
_MOST_IDLE = 16
_IDLE_SECONDS = 30
_WITH_BODY = ("PUT", "POST")


class Exchanges:
    """With one service, over connections that are kept for a while."""

    def __init__(self, access: Access, reactor: Any, timings: Mapping[str, Timing]) -> None:
        """:param timings: by ``Call.kind``."""
        self._timings = timings
        self._access, self._clock = access, IReactorTime(reactor)
        self._now = access.now or self._clock.seconds
        self._pool = _Pool(reactor, persistent=True)
        self._pool.maxPersistentPerHost = _MOST_IDLE
        self._pool.cachedConnectionTimeout = _IDLE_SECONDS
        self._pool.retryAutomatically = False  # nor could it send a body again
        timeout = min(_CONNECT, access.seconds)
        self._agent = Agent(reactor, _OneHost(access), timeout, pool=self._pool)

    async def begin(self, call: Call) -> tuple[Answer, Arriving]:
        """The head of the answer, whatever it says, and its body, which the caller closes.

        :raise ObjectStoreUnavailable: there is none.
        """
        try:
            with self._timings[call.kind].running():
                response = await within(self._access.seconds, self._clock, self._request(call))
        except (PictdError, CancelledError):
            raise
        except Exception as error:
            raise ObjectStoreUnavailable(_told(error)) from error
        body = Arriving(self._clock, self._access.seconds)
        response.deliverBody(body)
        return Answer(response.code, response.headers), body

    async def close(self) -> None:
        """Let go of idle connections."""
        await self._pool.closeCachedConnections()

    async def _request(self, call: Call) -> IResponse:
        place, query = self._access.place, query_of(call.query)
        headers = {"host": place.host, **call.headers}
        path, digest = place.path(call.key), call.payload.digest
        unsigned = Unsigned(call.method, path, query, headers, digest)
        signed = sign(unsigned, self._access.credentials, self._now())
        response: IResponse = await self._agent.request(
            call.method.encode(),
            place.url(call.key, query).encode(),
            Headers({name: [value] for name, value in signed.items()}),
            call.payload.producer(self._clock) if call.method in _WITH_BODY else None,
        )
        return response


class _Quiet(_HTTP11ClientFactory):
    """Without lines in the log for each connection."""

    noisy = False


class _Pool(HTTPConnectionPool):
    _factory = _Quiet


@implementer(IPolicyForHTTPS)
class _OneHost:
    """The machine's authorities are read once, not for every connection."""

    def __init__(self, access: Access) -> None:
        host = URI.fromBytes(access.place.url("", "").encode()).host.decode()
        secure = access.place.scheme == "https"
        self._options = optionsForClientTLS(host, access.trust) if secure else None

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """See ``IPolicyForHTTPS``."""
        return self._options


def _told(error: Exception) -> str:
    """Without what may hold secrets; a list of causes is what Twisted has for a broken request."""
    reasons = getattr(error, "reasons", ())
    cause = reasons[0].value if reasons else error
    return f"{ObjectStoreUnavailable.text}: {type(cause).__name__}"
