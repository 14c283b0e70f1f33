"""The operator's own judge of uploads (spec media 3.5)."""

from __future__ import annotations

import os
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.web.http_headers import Headers
from zope.interface import implementer

from pictd.errors import (
    RefusedByValidator,
    UpstreamTooSlow,
    UpstreamUnreachable,
    ValidatorFailed,
)
from pictd.interfaces.media import IValidator
from pictd.metrics import Metrics
from pictd.patience import within
from pictd.remote.agents import USER_AGENT, open_agent
from pictd.remote.errands import Errand, Journey, Outgoing


@implementer(IValidator)
class HttpValidator:
    """POSTs each file to a URL of the configuration, which may be of a private network.

    :param seconds: in which the whole exchange must end.
    :param metrics: None: nobody reads them.
    """

    def __init__(
        self, url: str, seconds: float, reactor: Any, metrics: Metrics | None = None
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._clock = IReactorTime(reactor)
        self._outgoing = Outgoing(Errand.VALIDATOR, self._clock, metrics or Metrics())
        self._client = HTTPClient(open_agent(reactor, seconds))

    async def check(self, path: Path, media_type: str) -> None:
        """See ``IValidator``. A redirect is no consent: who is behind it never sees the file."""
        with path.open("rb") as file:
            journey = self._outgoing.begin(self._url)
            journey.moved = os.fstat(file.fileno()).st_size
            with journey.ending_badly():
                await self._judge(file, media_type, journey)
            journey.end()

    async def _judge(self, file: BufferedReader, media_type: str, journey: Journey) -> None:
        status = await self._status(file, media_type)
        journey.status = status
        if 500 <= status < 600:
            raise ValidatorFailed(f"The external validator failed: it answered {status}")
        if not 200 <= status < 300:
            raise RefusedByValidator

    async def _status(self, file: BufferedReader, media_type: str) -> int:
        """:raise UpstreamUnreachable: there is no answer.
        :raise UpstreamTooSlow: there is none yet.
        """
        try:
            return await within(self._seconds, self._clock, self._post(file, media_type))
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


class _HangUp(Protocol):
    """Takes nothing of a body."""

    def connectionMade(self) -> None:
        """End the connection."""
        cast(IPushProducer, self.transport).stopProducing()


def _cause(error: Exception) -> str:
    """Twisted wraps what went wrong in lists of failures."""
    reasons = getattr(error, "reasons", None)
    return str(reasons[0].value if reasons else error) or type(error).__name__
