"""The services behind the routes."""

from __future__ import annotations

from typing import Any

from pictd.assembly.backends import Repo, accelerated, make_claiming
from pictd.assembly.remote import make_remotes, make_verdicts
from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.schema import Config
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate
from pictd.ingest.downloads import Downloads
from pictd.ingest.proxies import Proxies
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.interfaces.media import IMedia
from pictd.interfaces.stores import IStore
from pictd.jobs.prune import Prune
from pictd.metrics import Metrics
from pictd.model.limits import MEBIBYTE
from pictd.repo.sqlite.database import SqliteRepo
from pictd.tools.scratch import Scratch
from pictd.web.parts import Exports, Parts, WebSettings


def make_parts(
    config: Config, metrics: Metrics, backends: tuple[Repo, IStore, IMedia, Scratch, Any]
) -> Parts:
    """Everything that routes call."""
    read_only, remember = config.server.read_only, config.client.failure_retention.seconds
    repo, store, media, scratch, reactor = backends
    verdicts = make_verdicts(config, reactor, media, scratch, metrics)
    ingesting = IngestBackends(*backends, verdicts=verdicts, metrics=metrics)
    ingest = Ingest(ingesting)
    claiming = make_claiming(config, repo, reactor)
    generating = GenerateBackends(*backends, metrics=metrics, claiming=claiming)
    most_bytes = config.media.max_file_size * MEBIBYTE
    remotes = make_remotes(config, reactor, metrics)
    proxied = Downloads(remotes.proxies, scratch, most_bytes)
    return Parts(
        *backends,
        lookup=Lookup(*backends, read_only=read_only),
        removal=Removal(repo, reactor),
        access=AccessLog(repo, reactor, read_only),
        ingest=ingest,
        generate=Generate(generating, remember),
        queueing=Queueing(ingesting),
        downloads=Downloads(remotes.downloads, scratch, most_bytes),
        proxies=Proxies(repo, ingest, proxied, reactor, remember, metrics, claiming),
        prune=Prune(repo, store, reactor, config.prune.max_missing_share),
        settings=_settings(config),
        metrics=metrics,
        exports=_exports(config, repo),
        claiming=claiming,
        accel=accelerated(config, store),
    )


def _settings(config: Config) -> WebSettings:
    return WebSettings(
        api_key=config.server.api_key,
        read_only=config.server.read_only,
        max_file_count=config.server.max_file_count,
        max_file_size=config.media.max_file_size * MEBIBYTE,
        filters=config.media.filters,
        cache_control=config.server.cache_control,
        cors_origins=config.server.cors_origins,
    )


def _exports(config: Config, repo: Repo) -> Exports | None:
    """None of a database that has tools of its own for that."""
    if isinstance(config.repo, SqliteRepoConfig) and isinstance(repo, SqliteRepo):
        return Exports(repo.export, config.repo.export_path)
    return None
