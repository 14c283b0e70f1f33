"""What a route is, and what happens around every handler.

A handler is ``async def handler(request, **placeholders)``. It answers by itself; an exception that
it raises becomes the answer that ``web.failures`` has for it. Before it comes the method, around it
the deadline of the request.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import attrs
from klein import Klein
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure
from werkzeug.exceptions import HTTPException

from pictd.web.answers import send_empty, send_failure
from pictd.web.deadline import within
from pictd.web.request import PictdRequest
from pictd.web.targets import placeholder

_log = Logger()

Handler = Callable[..., Coroutine[Any, Any, None]]


@attrs.frozen
class Route:
    """A path and its handlers.

    :ivar pattern: ``/image/original/<filename>``: a placeholder matches one segment.
    :ivar handlers: by method; HEAD is not implied by GET.
    :ivar wrong_method: 405 with ``allow``, or 404 where the path is also a prefix of others
        (spec http-api §2.2).
    :ivar is_hot: asked for so often that the router's own time counts: see ``Shortcuts``.
    """

    pattern: str
    handlers: Mapping[bytes, Handler]
    wrong_method: int = 405
    is_hot: bool = False


@attrs.frozen
class Endpoint:
    """A route as Klein calls it."""

    route: Route
    clock: IReactorTime

    async def __call__(self, request: PictdRequest, **placeholders: str) -> None:
        """Answer a request that matched the route."""
        request.route = self.route.pattern
        handler = self.route.handlers.get(request.method)
        if handler is None:
            return self._refuse_method(request)
        texts = {name: placeholder(text) for name, text in placeholders.items()}
        try:
            work = handler(request, **texts)
            await within(request.deadline, self.clock, work, lambda: request.is_answered)
        except CancelledError:
            raise
        except Exception:
            send_failure(request, Failure())
        return None

    def _refuse_method(self, request: PictdRequest) -> None:
        if self.route.wrong_method == 405:
            request.setHeader(b"allow", b", ".join(sorted(self.route.handlers)))
        send_empty(request, self.route.wrong_method)


class Shortcuts:
    """Matches hot routes without the router, which takes as long as all the rest of a hot GET.

    They end in their only placeholder; what does not match here, goes through the router.
    """

    def __init__(self, routes: Sequence[Route], clock: IReactorTime) -> None:
        self._endpoints: dict[bytes, tuple[Endpoint, str]] = {}
        for route in routes:
            if route.is_hot:
                head, _, name = route.pattern.removesuffix(">").partition("<")
                self._endpoints[head.encode()] = Endpoint(route, clock), name
        heads = b"|".join(map(re.escape, self._endpoints))
        self._pattern = re.compile(rb"(%s)([^/]+)" % heads)

    def render(self, request: PictdRequest) -> bool:
        """Whether the request is being answered."""
        match = self._pattern.fullmatch(request.path)
        if match is None:
            return False
        endpoint, name = self._endpoints[match[1]]
        text = match[2].decode(errors="replace")
        work = Deferred.fromCoroutine(endpoint(request, **{name: text}))
        if not work.called:
            request.notifyFinish().addErrback(lambda _: work.cancel())
        work.addErrback(self._end)
        return True

    def _end(self, failure: Failure) -> None:
        """What the endpoint itself does not answer: the client has left."""
        if failure.check(CancelledError) is None:
            _log.failure("a request was not answered", failure)


def application(routes: Sequence[Route], clock: IReactorTime) -> Klein:
    """A Klein application of these routes; every other path is 404 and empty."""
    app = Klein()
    for route in routes:
        register: Any = app.route(route.pattern, endpoint=route.pattern)
        register(_bound(Endpoint(route, clock)))
    refuse: Any = _no_such_path
    app.handle_errors(HTTPException)(refuse)
    return app


def _bound(endpoint: Endpoint) -> Callable[..., Awaitable[None]]:
    async def call(request: PictdRequest, **placeholders: str) -> None:
        await endpoint(request, **placeholders)

    return call


def _no_such_path(request: PictdRequest, _: Failure) -> None:
    """Klein itself finishes what matched no route."""
    request.setResponseCode(404)
    request.defaultContentType = None
