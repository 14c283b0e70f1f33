"""The operator's own judge of uploads (spec media 3.5)."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path
from typing import Any, Never, cast

from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.http_headers import Headers
from zope.interface import implementer

from pictd.errors import (
    RefusedByValidator,
    UpstreamTooSlow,
    UpstreamUnreachable,
    ValidatorFailed,
)
from pictd.interfaces import IValidator

USER_AGENT = "pictd"


@implementer(IValidator)
class HttpValidator:
    """POSTs each file to a URL of the configuration, which may be of a private network.

    :param seconds: in which the whole exchange must end.
    """

    def __init__(self, url: str, seconds: float, reactor: Any) -> None:
        self._url = url
        self._seconds = seconds
        self._clock = IReactorTime(reactor)
        # A connection that the other side has closed meanwhile would cost an upload.
        pool = HTTPConnectionPool(reactor, persistent=False)
        self._client = HTTPClient(Agent(reactor, connectTimeout=seconds, pool=pool))

    async def check(self, path: Path, media_type: str) -> None:
        """See ``IValidator``. A redirect is no consent: who is behind it never sees the file."""
        with path.open("rb") as file:
            status = await self._status(file, media_type)
        if 500 <= status < 600:
            raise ValidatorFailed(f"The external validator failed: it answered {status}")
        if not 200 <= status < 300:
            raise RefusedByValidator

    async def _status(self, file: BufferedReader, media_type: str) -> int:
        """:raise UpstreamUnreachable: there is no answer.
        :raise UpstreamTooSlow: there is none yet.
        """
        exchange = Deferred.fromCoroutine(self._post(file, media_type))
        exchange.addTimeout(self._seconds, self._clock, _too_late)
        try:
            return await _abandonable(exchange)
        except TimeoutError:
            raise UpstreamTooSlow(
                f"external validation took longer than {self._seconds:g} s"
                " (media.external_validation_timeout)"
            ) from None
        except CancelledError:
            raise
        except Exception as error:
            raise UpstreamUnreachable(f"external validation failed: {_cause(error)}") from error

    async def _post(self, file: BufferedReader, media_type: str) -> int:
        """The status. What the answer says beside it does not matter, and is not waited for."""
        headers = Headers({"content-type": [media_type], "user-agent": [USER_AGENT]})
        response = await self._client.post(
            self._url, data=file, headers=headers, allow_redirects=False, unbuffered=True
        )
        response.deliverBody(_HangUp())
        status: int = response.code
        return status


def _too_late(_: object, seconds: float) -> Never:
    """Whatever the cancelled exchange made of it."""
    raise TimeoutError(seconds)


class _HangUp(Protocol):
    """Takes nothing of a body."""

    def connectionMade(self) -> None:
        """End the connection."""
        cast(IPushProducer, self.transport).stopProducing()


def _abandonable(exchange: Deferred[int]) -> Deferred[int]:
    """The same, but that cancelling is told as such: a request tells what it was busy with."""

    def leave(waiter: Deferred[int]) -> None:
        waiter.errback(CancelledError())
        exchange.cancel()

    def settle(result: int | Failure) -> None:
        if not waiter.called:
            waiter.callback(result)

    waiter: Deferred[int] = Deferred(leave)
    exchange.addBoth(settle)
    return waiter


def _cause(error: Exception) -> str:
    """Twisted wraps what went wrong in lists of failures."""
    reasons = getattr(error, "reasons", None)
    return str(reasons[0].value if reasons else error) or type(error).__name__
