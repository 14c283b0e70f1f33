"""Downloads from anybody's server (spec http-api §3.9, §4.5; contract A6, A12).

How it works. A URL is brought into its normal form; its host is looked up once, all its addresses
are checked, and one of those very addresses is connected to. Each redirect begins anew. The head
of an answer is waited for here; the body is a stream whose reader sets the pace. There is one
connection per request, and it is aborted when the request is over: what else the other side has to
say is of no interest, and whether it takes leave is not waited for.

Nobody's HTTP proxy is used: behind one, the addresses could not be checked.
"""

from __future__ import annotations

from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse
from zope.interface import implementer

from pictd.errors import PictdError, UnusableUrl, UpstreamUnreachable
from pictd.interfaces.remote import IRemote
from pictd.interfaces.stores import IByteStream
from pictd.model.urls import WebUrl
from pictd.patience import within
from pictd.remote.agents import USER_AGENT, guarded_agent
from pictd.remote.answers import redirected, refuse_failure, refuse_oversize
from pictd.remote.bodies import Body
from pictd.remote.connections import Connection, Ways
from pictd.remote.errands import Errand, Journey, Outgoing
from pictd.remote.troubles import trouble
from pictd.remote.turns import Turns
from pictd.remote.visits import Visit

MOST_REDIRECTS = 10

_HEADERS = {
    "user-agent": [USER_AGENT],
    "accept": ["image/avif,image/webp,image/*,video/*;q=0.9,*/*;q=0.5"],
    # A body that was compressed all the same is passed on as it is: nothing is ever unpacked.
    "accept-encoding": ["identity"],
}

_log = Logger()


@attrs.frozen
class Pace:
    """Seconds.

    :ivar total: that a download may take, with all its redirects and the reading.
    :ivar head: from connecting to the head of the answer.
    """

    total: float
    head: float = 20


@implementer(IRemote)
class HttpRemote:
    """Downloads for one purpose.

    :param turns: shared by all of a process, for they count who is busy with which host.
    :param outgoing: None: downloads that nobody counts.
    """

    def __init__(
        self, ways: Ways, pace: Pace, turns: Turns, outgoing: Outgoing | None = None
    ) -> None:
        self._ways, self._pace, self._turns = ways, pace, turns
        self._clock = IReactorTime(ways.reactor)
        self._outgoing = outgoing or Outgoing(Errand.DOWNLOAD, self._clock)

    async def fetch(self, url: str, limit: int) -> IByteStream:
        """See ``IRemote``."""
        try:
            target = WebUrl.parse(url)
        except ValueError as error:
            raise UnusableUrl(f"The URL can't be downloaded from: {error}") from None
        journey = self._outgoing.begin(target.text)
        with journey.ending_badly():
            return await self._answer(target, limit, journey)

    async def _answer(self, target: WebUrl, limit: int, journey: Journey) -> Body:
        """:raise PictdError: there is none, or none to use."""
        end = self._clock.seconds() + self._pace.total
        way = self._follow(target, limit, end, journey)
        try:
            return await within(self._pace.total, self._clock, way)
        except (PictdError, CancelledError):
            raise
        except Exception as error:
            # Paths and queries may hold secrets of those who asked.
            _log.debug("a download from {host} failed: {error!r}", host=target.host, error=error)
            raise trouble(error) from error

    async def _follow(self, url: WebUrl, limit: int, end: float, journey: Journey) -> Body:
        for _ in range(MOST_REDIRECTS + 1):
            found = await self._visit(url, limit, end, journey)
            if isinstance(found, Body):
                return found
            url = found
            journey.leads_to(url.text)
        raise UpstreamUnreachable("too many redirects")

    async def _visit(self, url: WebUrl, limit: int, end: float, journey: Journey) -> Body | WebUrl:
        """The body, or where to look for it instead."""
        await self._turns.take(url.host)
        visit = Visit(Connection(self._ways, url), self._turns, url.host)
        body = None
        try:
            answer = await within(self._pace.head, self._clock, self._ask(url, visit.connection))
            journey.status = answer.code
            onward = redirected(url, answer)
            if onward is not None:
                return onward
            refuse_failure(answer, self._clock.seconds())
            refuse_oversize(answer, limit)
            body = Body(visit, journey, limit, self._clock, end - self._clock.seconds())
        finally:
            if body is None:
                visit.end()
        answer.deliverBody(body)
        return body

    async def _ask(self, url: WebUrl, connection: Connection) -> IResponse:
        """The head of the answer."""
        agent: Any = guarded_agent(connection, self._ways.reactor)
        asked: Deferred[IResponse] = agent.request(b"GET", url.text.encode(), Headers(_HEADERS))
        answer = await asked
        connection.head_is_complete()
        return answer
