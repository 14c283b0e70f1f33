"""The files of one request: all are published, or none."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from pictd.ingest.service import Ingest
from pictd.ingest.session import Filing, Ingested, Received
from pictd.model.alias import Alias
from pictd.model.uploads import UploadQuery


@attrs.define
class _File:
    """One file of the batch: how it ended, once it has."""

    work: Deferred[None]
    ended: Ingested | Failure | None = None


@attrs.define
class Batch:
    """Files are worked on while later ones still arrive; results keep the order of the request."""

    _ingest: Ingest
    _query: UploadQuery
    _files: list[_File] = attrs.field(factory=list)

    @property
    def failed(self) -> bool:
        """Whether a file has failed already, so that the rest need not be received."""
        return any(isinstance(file.ended, Failure) for file in self._files)

    def begin(self, received: Received, declared: Alias | None = None) -> None:
        """Begin to work on a file."""
        work = self._ingest.ingest(received, self._query, Filing(declared))
        file = _File(work)  # type: ignore[arg-type]  # its callback below leaves None
        self._files.append(file)
        work.addBoth(lambda ended: setattr(file, "ended", ended))

    async def finish(self) -> list[Ingested]:
        """All uploads, in the order in which they began.

        :raise PictdError: of the first file, in that order, that failed. The caller then undoes.
        """
        for file in self._files:
            await file.work
            if isinstance(file.ended, Failure):
                file.ended.raiseException()
        return [file.ended for file in self._files if isinstance(file.ended, Ingested)]

    async def undo(self) -> None:
        """Take back what was published, and stop what is under way."""
        files, self._files = self._files, []
        for file in files:
            file.work.cancel()
        for file in files:
            if isinstance(file.ended, Ingested):
                await self._ingest.undo(file.ended)
