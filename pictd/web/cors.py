"""Which scripts of other sites may read answers (contract A21; the Fetch standard, CORS protocol).

Off unless ``server.cors_origins`` names origins; ``/internal`` is never opened.
"""

from __future__ import annotations

import attrs

from pictd.web.request import PictdRequest

ANY = "*"
_OPEN = b"/image"
_EXPOSED = b"content-length, content-range, etag"
_METHODS = b"DELETE, GET, HEAD, POST"
_REMEMBERED = b"86400"


@attrs.frozen
class Cors:
    """:ivar origins: as browsers send them, or ``*`` for all."""

    origins: tuple[str, ...] = ()

    def allow(self, request: PictdRequest) -> None:
        """Mark the answer as readable, where the origin may read it."""
        if self._names(request):
            own = b"*" if ANY in self.origins else request.first(b"origin") or b""
            request.setHeader(b"access-control-allow-origin", own)
            request.setHeader(b"access-control-expose-headers", _EXPOSED)
        if self.origins and ANY not in self.origins:
            request.setHeader(b"vary", b"origin")

    def is_preflight(self, request: PictdRequest) -> bool:
        """Whether a browser asks before it sends what is not a simple request."""
        asks = request.first(b"access-control-request-method") is not None
        return request.method == b"OPTIONS" and asks and self._names(request)

    def permit(self, request: PictdRequest) -> None:
        """Answer a preflight: whatever the routes take is permitted."""
        request.setHeader(b"access-control-allow-methods", _METHODS)
        asked = request.first(b"access-control-request-headers")
        if asked is not None:
            request.setHeader(b"access-control-allow-headers", asked)
        request.setHeader(b"access-control-max-age", _REMEMBERED)

    def _names(self, request: PictdRequest) -> bool:
        origin = request.first(b"origin") if self.origins else None
        if origin is None or not request.path.startswith(_OPEN):
            return False
        return ANY in self.origins or origin.decode("latin-1") in self.origins
