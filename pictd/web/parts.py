"""What the routes are made of: the services behind them, and the settings that concern HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.claiming import Alone, Claiming
from pictd.errors import ReadOnly
from pictd.generate.service import Generate
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.interfaces.media import IMedia
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.jobs.prune import Prune
from pictd.metrics import Metrics
from pictd.web.accel import Accel


@attrs.frozen
class WebSettings:
    """The part of the configuration that routes know.

    :ivar max_file_size: bytes.
    :ivar filters: names of operations that requests may use, lower case.
    """

    api_key: str | None
    read_only: bool
    max_file_count: int
    max_file_size: int
    filters: tuple[str, ...]
    cache_control: str | None = None
    cors_origins: tuple[str, ...] = ()


@attrs.frozen
class Exports:
    """Copies of an embedded database.

    :ivar export: makes one in a new folder.
    :ivar folder: in which each gets a folder of its own.
    """

    export: Callable[[Path], Awaitable[Path]]
    folder: Path


@attrs.frozen
class Parts:
    """Everything that routes call.

    :ivar underway: what is done before the database can be opened, for people; None: nothing.
    """

    repo: IRepo
    store: IStore
    media: IMedia
    scratch: IScratch
    clock: IReactorTime
    lookup: Lookup
    removal: Removal
    access: AccessLog
    ingest: Ingest
    generate: Generate
    queueing: Queueing
    downloads: Downloads
    proxies: Proxies
    prune: Prune
    settings: WebSettings
    exports: Exports | None = None
    metrics: Metrics = attrs.field(factory=Metrics)
    claiming: Claiming = attrs.field(factory=Alone)
    accel: Accel | None = None
    underway: Callable[[], str | None] = lambda: None

    def refuse_if_read_only(self) -> None:
        """:raise ReadOnly: the server was configured to change nothing."""
        if self.settings.read_only:
            raise ReadOnly
