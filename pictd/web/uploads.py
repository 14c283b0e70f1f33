"""Files coming in with a request: ``POST /image`` and ``POST /internal/import``."""

from __future__ import annotations

import attrs

from pictd.errors import FormWithoutFiles
from pictd.ingest.batch import Batch
from pictd.ingest.receive import receive
from pictd.ingest.session import Ingested
from pictd.model.alias import Alias
from pictd.web.answers import send_json
from pictd.web.entries import entry
from pictd.web.forms import Forms
from pictd.web.parts import Parts
from pictd.web.queries import Query
from pictd.web.request import PictdRequest
from pictd.web.routing import Route


@attrs.frozen
class Uploads:
    """Inline uploads."""

    parts: Parts

    def routes(self) -> list[Route]:
        """What this family answers."""
        return [
            Route("/image", {b"POST": self.upload}, wrong_method=404),
            Route("/internal/import", {b"POST": self.take_over}),
        ]

    async def upload(self, request: PictdRequest) -> None:
        """Files get names of ours."""
        await self._take(request, named=False)

    async def take_over(self, request: PictdRequest) -> None:
        """Files keep the names that they have in the form."""
        await self._take(request, named=True)

    async def _take(self, request: PictdRequest, named: bool) -> None:
        batch = Batch(self.parts.ingest, Query.parse(request.query).upload())
        done = False
        try:
            await self._receive(request, batch, named)
            ingested = await batch.finish()
            done = True
        finally:
            if not done:
                await batch.undo()
        send_json(request, 201, {"msg": "ok", "files": [_told(each) for each in ingested]})

    async def _receive(self, request: PictdRequest, batch: Batch, named: bool) -> None:
        settings = self.parts.settings
        forms = Forms(request, settings.max_file_count, settings.max_file_size)
        count = 0
        while not batch.failed and (file := await forms.next_file()) is not None:
            self.parts.metrics.files.add(**{"import" if named else "upload": "inline"})
            self.parts.refuse_if_read_only()
            received = await receive(file, self.parts.scratch)
            batch.begin(received, Alias.parse(file.filename) if named else None)
            count += 1
        if not count:
            raise FormWithoutFiles


def _told(made: Ingested) -> dict[str, object]:
    return entry(made.alias, made.token, made.details, made.blurhash)
