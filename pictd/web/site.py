"""The HTTP server under the routes: requests begin when their head is there, not their body.

How it works: ``PictdSite(resource, clock, limits)`` is a ``Site`` over a Klein resource (or any
leaf). The resource is rendered as soon as a request's head has arrived; the body is then pulled:

- ``await request.body.read()`` gives the next piece, and ``b""`` at the end (``request.body`` is an
  ``IByteStream``). While nobody reads, the client is held back after 256 KiB.
- ``await request.read_all(limit)`` gives a small body whole.
- ``await forms.next_file()`` (``pictd.web.forms``) gives the files of a multipart body in turn:
  ``forms = Forms(request, most_files, most_bytes)``; each file is an ``IByteStream`` with a
  ``filename``; None at the end. Malformed forms raise ``BadForm`` from whichever read meets it.

``read`` raises ``StreamTooSlow`` when the body (each file of a form) takes longer than the receive
limit, ``FileTooLarge`` before the first byte when the announced body is absurd, ``BadForm`` when
its chunked coding is broken, and ``CancelledError`` when the client has left. A handler that
answers without reading loses nothing: the rest is discarded in the background.

``request.path`` is canonical: slashes collapsed, everything decoded but ``%2F %25 %2B``. A route's
placeholder is finished by ``targets.placeholder``. ``request.query`` is the raw query string, and
``request.first(b"name")`` the first header of a name. A body written in one piece gets its
``content-length`` by itself; so do empty answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.web.resource import IResource
from twisted.web.server import Site

from pictd.web.channel import HEAD_SECONDS, Channel
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest


class Watch(Protocol):
    """Looks on at every request; whatever it does takes time from all of them."""

    def begun(self, request: PictdRequest) -> None:
        """It was routed; it may have been answered before."""

    def ended(self, request: PictdRequest) -> None:
        """Its answer is handed to the connection whole, or its client has left."""


class PictdSite(Site):
    """Serves one resource over HTTP/1.

    :ivar limits: of request bodies.
    :ivar watches: those who look on.
    :ivar channels: the connections.
    :ivar is_closing: each connection ends with the answer at hand.
    """

    noisy = False
    protocol: Any = Channel
    requestFactory: Any = PictdRequest

    def __init__(
        self,
        resource: IResource,
        clock: IReactorTime,
        limits: BodyLimits,
        watches: Sequence[Watch] = (),
    ) -> None:
        super().__init__(
            resource, timeout=HEAD_SECONDS, reactor=clock, parsePOSTFormSubmission=False
        )
        self.limits = limits
        self.watches = watches
        self.channels: set[Channel] = set()
        self.is_closing = False
        self._empty: Deferred[None] = Deferred()

    def wind_down(self) -> Deferred[None]:
        """Close every connection once what was asked on it is answered, and the client has taken
        the answer. To be called once; fires when none is left."""
        self.is_closing = True
        for channel in list(self.channels):
            channel.wind_down()
        self._tell_if_empty()
        return self._empty

    def opened(self, channel: Channel) -> None:
        """A client has come."""
        self.channels.add(channel)

    def closed(self, channel: Channel) -> None:
        """The connection is gone."""
        self.channels.discard(channel)
        self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if self.is_closing and not self.channels and not self._empty.called:
            self._empty.callback(None)

    def startFactory(self) -> None:
        """No access log, and no clock that ticks for it."""

    def stopFactory(self) -> None:
        """There is nothing to stop."""

    def log(self, request: object) -> None:
        """Those who look on do that."""

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS may negotiate. The bodies of HTTP/2 in Twisted can't be pulled."""
        return [b"http/1.1"]
