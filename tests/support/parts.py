"""Everything that routes call, on backends in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.interfaces import IReactorTime

from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.interfaces.remote import IRemote
from pictd.jobs.prune import Prune
from pictd.metrics import Metrics
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from pictd.web.parts import Exports, Parts, WebSettings
from tests.support.media import PlainMedia
from tests.support.scratch import SynchronousScratch

FILTERS = ("blur", "crop", "identity", "resize", "thumbnail")
KEY = "the key of these tests"
SETTINGS = WebSettings(
    api_key=KEY, read_only=False, max_file_count=3, max_file_size=100_000, filters=FILTERS
)
REMEMBER = 60.0
"""Seconds that failed downloads are."""

Backends = tuple[MemoryRepo, MemoryStore, PlainMedia, SynchronousScratch, Any]
"""In the order in which services take them; the last one is the clock."""


def parts(
    backends: Backends,
    remote: IRemote,
    settings: WebSettings,
    exports: Path,
    metrics: Metrics | None = None,
) -> Parts:
    """:param exports: the folder for copies of the database."""
    repo, store, _, scratch, time = backends
    clock, metrics = IReactorTime(time), metrics or Metrics()
    ingesting = IngestBackends(*backends, metrics=metrics)
    ingest = Ingest(ingesting)
    downloads = Downloads(remote, scratch, settings.max_file_size)
    return Parts(
        *backends,
        lookup=Lookup(*backends, read_only=settings.read_only),
        removal=Removal(repo, clock),
        access=AccessLog(repo, clock, settings.read_only),
        ingest=ingest,
        generate=Generate(GenerateBackends(*backends)),
        queueing=Queueing(ingesting),
        downloads=downloads,
        proxies=Proxies(repo, ingest, downloads, clock, REMEMBER),
        prune=Prune(repo, store, clock, most_missing=0.5),
        exports=Exports(_export, exports),
        settings=settings,
        metrics=metrics,
    )


async def _export(folder: Path) -> Path:
    """As an embedded database would."""
    folder.mkdir(parents=True)
    return folder
