"""What every request passes before it is routed.

Its deadline must be a moment, and whoever asks for ``/internal`` must hold the key. Both hold for
paths that do not exist, too (spec http-api §2.11, §2.12).
"""

from __future__ import annotations

import hmac

from twisted.python.failure import Failure
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET

from pictd.errors import InvalidApiKey, PictdError
from pictd.web.answers import send_empty, send_failure
from pictd.web.cors import Cors
from pictd.web.deadline import parse_deadline
from pictd.web.request import PictdRequest
from pictd.web.routing import Shortcuts

KEY_HEADER = b"x-api-token"
INTERNAL = b"/internal"


class Entrance(Resource):
    """A leaf in front of the routes.

    :param api_key: None closes ``/internal`` to everybody (contract A11).
    """

    isLeaf = True

    def __init__(
        self, routes: IResource, shortcuts: Shortcuts, api_key: str | None, cors: Cors
    ) -> None:
        super().__init__()
        self._routes = routes
        self._shortcuts = shortcuts
        self._cors = cors
        self._api_key = api_key.encode() if api_key else None

    def render(self, request: PictdRequest) -> object:
        """Pass the request on, or answer it."""
        self._cors.allow(request)
        try:
            request.deadline = parse_deadline(request.first(b"x-request-deadline"))
            if request.path == INTERNAL or request.path.startswith(INTERNAL + b"/"):
                self._check_key(request.first(KEY_HEADER))
        except PictdError:
            send_failure(request, Failure())
            return NOT_DONE_YET
        if self._cors.is_preflight(request):
            self._cors.permit(request)
            send_empty(request, 204)
            return NOT_DONE_YET
        if self._shortcuts.render(request):
            return NOT_DONE_YET
        return self._routes.render(request)

    def _check_key(self, given: bytes | None) -> None:
        if self._api_key is None or given is None:
            raise InvalidApiKey
        if not given.isascii() or not hmac.compare_digest(given.strip(), self._api_key):
            raise InvalidApiKey
