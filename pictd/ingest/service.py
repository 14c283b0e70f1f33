"""All uploads that are on their way, and the promise to finish or undo each of them."""

from __future__ import annotations

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd.errors import UploadGone
from pictd.ingest.session import Backends, Filing, Ingested, Received, Session, undo
from pictd.model.uploads import UploadQuery

_PLAIN = Filing()


class Ingest(Service):
    """Takes received files to published uploads."""

    _log = Logger()

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._running: set[Deferred[None]] = set()

    def ingest(
        self, received: Received, query: UploadQuery, filing: Filing = _PLAIN
    ) -> Deferred[Ingested]:
        """Publish a file. The scratch folder of ``received`` is discarded in every case.

        Cancelling the result undoes the upload: at once while nothing is stored yet, afterwards
        when it has come to its end.

        :param filing: under what.
        """
        session = Session(self._backends, received, query, filing)
        result: Deferred[Ingested] = Deferred(lambda _: session.leave())
        work = session.begin().addCallbacks(_succeeded, self._failed, (result,), {}, (result,))
        self._track(work)
        return result

    async def undo(self, ingested: Ingested) -> None:
        """Take a published upload back."""
        await undo(self._backends.repo, ingested)

    def stopService(self) -> Deferred[None]:
        """Wait until nothing is on its way any more."""
        super().stopService()
        return gatherResults(list(self._running), consumeErrors=True).addCallback(lambda _: None)

    def _failed(self, failure: Failure, result: Deferred[Ingested]) -> None:
        if not result.called:
            result.errback(failure)
        elif failure.check(CancelledError, UploadGone) is None:  # or somebody else was quicker
            self._log.failure("an upload whose client had left failed", failure)

    def _track(self, work: Deferred[None]) -> None:
        self._running.add(work)
        work.addBoth(lambda _: self._running.discard(work))


def _succeeded(ingested: Ingested, result: Deferred[Ingested]) -> None:
    """Nobody is told where the client has left."""
    if not result.called:
        result.callback(ingested)
