"""How the server is: ``/healthz``, ``/livez``, ``/readyz``."""

from __future__ import annotations

import attrs

from pictd.errors import OldStoreUnavailable, PictdError
from pictd.web.answers import send_empty, send_json
from pictd.web.parts import Parts
from pictd.web.request import PictdRequest
from pictd.web.routing import Route


@attrs.frozen
class Health:
    """For clients, supervisors and load balancers."""

    parts: Parts

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [
            Route("/healthz", {b"GET": self.healthz}, wrong_method=404),
            Route("/livez", {b"GET": self.livez}),
            Route("/readyz", {b"GET": self.readyz}),
        ]

    async def healthz(self, request: PictdRequest) -> None:
        """200 where database and store can be read and written."""
        read_only = self.parts.settings.read_only
        await self.parts.repo.check(read_only)
        await self.parts.store.check(read_only)
        send_empty(request, 200)

    async def livez(self, request: PictdRequest) -> None:
        """204 while the process answers at all (contract E1)."""
        send_empty(request, 204)

    async def readyz(self, request: PictdRequest) -> None:
        """204, or 503 with the names of what is missing (contract E1), and why it may be so."""
        missing = list(self.parts.media.missing())
        for name, part in (("database", self.parts.repo), ("store", self.parts.store)):
            try:
                await part.check(self.parts.settings.read_only)
            except PictdError as error:
                missing.append("old_store" if isinstance(error, OldStoreUnavailable) else name)
        if not missing:
            return send_empty(request, 204)
        request.setHeader(b"retry-after", b"5")
        underway = self.parts.underway()
        told = {} if underway is None else {"underway": underway}
        return send_json(request, 503, {"missing": missing, **told})
