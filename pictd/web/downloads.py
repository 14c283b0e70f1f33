"""``GET /image/download``: the server fetches a URL and keeps what it finds (http-api §4.5)."""

from __future__ import annotations

import attrs

from pictd.web.answers import send_json
from pictd.web.backgrounded import send_queued
from pictd.web.entries import entry
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route


@attrs.frozen
class DownloadRoutes:
    """Downloads on behalf of a client."""

    parts: Parts

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [Route("/image/download", {b"GET": self.download})]

    async def download(self, request: PictdRequest) -> None:
        """Ingested at once, or queued; the other server is read before the answer in both cases."""
        query = Query.parse(request.query)
        url, queued = query.required("url"), query.boolean("backgrounded", False)
        asked = query.upload(own=("url", "backgrounded"))
        self.parts.metrics.files.add(download="background" if queued else "inline")
        self.parts.refuse_if_read_only()
        received = await self.parts.downloads.received(url)
        if queued:
            return send_queued(request, [await self.parts.queueing.queue(received, asked)])
        made = await self.parts.ingest.ingest(received, asked)
        told = entry(made.alias, made.token, made.details, made.blurhash)
        return send_json(request, 201, {"msg": "ok", "files": [told]})
