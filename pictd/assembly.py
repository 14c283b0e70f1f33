"""The composition root: from a configuration to a tree of services.

The only place that names concrete classes. Stages start in the order given here and stop in the
reverse order: the listener first, the database last.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import attrs
from twisted.application.service import IService
from twisted.logger import LogLevel

from pictd.catalog.access import AccessLog
from pictd.catalog.lookup import Lookup
from pictd.catalog.removal import Removal
from pictd.config.addresses import SocketAddress
from pictd.config.backends import FilesystemStore as FilesystemStoreConfig
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.choices import OnError
from pictd.config.schema import Config
from pictd.errors import RepoUnusable, StoreUnavailable
from pictd.generate.service import Backends as GenerateBackends
from pictd.generate.service import Generate
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.ingest.verdicts import Policy, Verdicts
from pictd.interfaces import IMedia, IRepo, IStore
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.processing import Processing
from pictd.jobs.strays import Strays
from pictd.jobs.worker import Duty, Worker
from pictd.logs.heeding import Heeding
from pictd.metrics import Metrics
from pictd.model.limits import MEBIBYTE, Bounds, Rules
from pictd.model.records import Queue
from pictd.model.transcoding import VideoPolicy
from pictd.remote.validator import HttpValidator
from pictd.repo.sqlite.database import SqliteRepo
from pictd.signals import Signals
from pictd.stages import Held, Stages, Trouble, nothing
from pictd.store.filesystem import FilesystemStore
from pictd.tools.forkserver import ChildSettings, ForkServerImaging
from pictd.tools.media import Media
from pictd.tools.scratch import Scratch
from pictd.tools.settings import MediaSettings
from pictd.web.app import entrance
from pictd.web.counting import RequestCounts
from pictd.web.exposition import Exposition
from pictd.web.listener import Listener, bound_socket
from pictd.web.parts import Parts, WebSettings
from pictd.web.receiving import BodyLimits
from pictd.web.request_log import NAMESPACE, RequestLog
from pictd.web.site import PictdSite, Watch
from pictd.web.tls import Certificates, Pair, UnusableCertificate

CLEANUP_WORKERS = 2
"""Their jobs wait for disks, not for processors."""


FORM_SLACK = 4 * MEBIBYTE
"""Bytes of a body beside the files in it."""


class CannotStart(Exception):
    """The configuration is valid, but this machine does not let the server start with it."""


def make_service(config: Config, reactor: Any) -> IService:
    """The whole server. What can be known to fail, fails here; what may pass by itself is waited
    for while the server runs.

    :raise CannotStart: an address is in use, a directory can't be used, or the configuration asks
        for what this version does not do.
    """
    refused = unsupported(config)
    if refused:
        raise CannotStart("; ".join(refused))
    bound = _bound("server.address", config.server.address)
    certificates = _certificates(config, reactor)
    scratch = _scratch(config)
    repo, store = _repo(config, reactor), _store(config, reactor)
    metrics = Metrics(reactor.seconds)
    media = make_media(config, reactor, metrics)
    parts = _parts(config, metrics, (repo, store, media, scratch, reactor))
    limits = BodyLimits(_most_bytes(parts.settings))
    site = PictdSite(entrance(parts), reactor, limits, _watches(config, metrics))
    at_work = Stages([parts.access, parts.generate, parts.ingest, *_background(parts)])
    return Stages(
        [
            Signals(reactor),
            Held("scratch", nothing, scratch.close),
            Held("media", media.start, media.stop),
            *_metrics_listener(config, parts, reactor),
            Held("database", repo.open, repo.close, at_work, _trouble(reactor)),
            *([certificates] if certificates is not None else []),
            Listener(bound, site, reactor, certificates),
        ]
    )


def refusals(config: Config) -> list[str]:
    """Why the server would not start, as far as reading files tells, one line each."""
    found, pair = unsupported(config), _pair(config)
    try:
        if pair is not None:
            pair.options(pair.read())
    except UnusableCertificate as error:
        found.append(str(error))
    return found


def unsupported(config: Config) -> list[str]:
    """What is asked for that this version does not have, one line each."""
    media = config.media
    asked = {
        "repo.type = postgres": not isinstance(config.repo, SqliteRepoConfig),
        "store.type = object_storage": not isinstance(config.store, FilesystemStoreConfig),
        "server.danger_dummy_mode": config.server.danger_dummy_mode,
        "server.workers": config.server.workers > 1,
        "server.accel_prefix": config.server.accel_prefix is not None,
        "old_store": config.old_store is not None,
        "media.presets": bool(media.presets) or media.presets_only,
    }
    return [f"{name}: this version of pictd does not have it" for name, on in asked.items() if on]


def _bound(key: str, address: SocketAddress) -> socket.socket:
    try:
        return bound_socket(str(address.host), address.port)
    except OSError as error:
        raise CannotStart(f"{key}: {address}: {error.strerror}") from error


def _metrics_listener(config: Config, parts: Parts, reactor: Any) -> list[IService]:
    """None where figures are not asked for."""
    address = config.metrics.prometheus_address
    if address is None:
        return []
    bound = _bound("metrics.prometheus_address", address)
    parts.metrics.watch_process()
    site = PictdSite(Exposition(parts.metrics, parts.repo), reactor, BodyLimits(0))
    return [Listener(bound, site, reactor)]


def _watches(config: Config, metrics: Metrics) -> Sequence[Watch]:
    """Lines for those who debug are not even made where nobody does."""
    counts = RequestCounts()
    metrics.registry.register(counts)
    logging = config.tracing.logging
    debugs = Heeding(logging.targets).heeds(NAMESPACE, LogLevel.debug)
    quiet = LogLevel.debug if debugs else None
    return (counts, RequestLog(LogLevel.info if logging.log_requests else quiet))


def _certificates(config: Config, reactor: Any) -> Certificates | None:
    """None where TLS is not asked for."""
    pair = _pair(config)
    try:
        return None if pair is None else Certificates(pair, reactor)
    except UnusableCertificate as error:
        raise CannotStart(str(error)) from error


def _pair(config: Config) -> Pair | None:
    server = config.server
    if server.certificate is None or server.private_key is None:
        return None
    return Pair(server.certificate, server.private_key)


def _scratch(config: Config) -> Scratch:
    server = config.server
    try:
        return Scratch.prepared(server.temporary_directory, server.cleanup_temporary_directory)
    except StoreUnavailable as error:
        raise CannotStart(str(error)) from error


def _repo(config: Config, reactor: Any) -> SqliteRepo:
    assert isinstance(config.repo, SqliteRepoConfig)
    return SqliteRepo(config.repo.path, reactor)


def _store(config: Config, reactor: Any) -> FilesystemStore:
    assert isinstance(config.store, FilesystemStoreConfig)
    return FilesystemStore(config.store.path, reactor)


def make_media(config: Config, reactor: Any, metrics: Metrics | None = None) -> Media:
    """What works on media; not started yet.

    :param metrics: None: nobody reads them.
    """
    seconds = config.media.process_timeout
    magick = config.media.magick
    memory = (magick.memory + magick.map + magick.disk) * MEBIBYTE
    children = ChildSettings(seconds=seconds, memory=memory)
    imaging = ForkServerImaging(reactor, reactor, children, metrics)
    return Media(imaging, media_settings(config))


def media_settings(config: Config) -> MediaSettings:
    """What media are held against, and what is made of them."""
    media = config.media
    image, animation, video = (
        Bounds(
            each.max_width,
            each.max_height,
            each.max_area,
            getattr(each, "max_frame_count", None),
            each.max_file_size * MEBIBYTE,
        )
        for each in (media.image, media.animation, media.video)
    )
    steps = media.preprocess_steps
    return MediaSettings(
        rules=Rules(image, animation, video if media.video.enable else None),
        image_format=media.image.format,
        animation_format=media.animation.format,
        quality={
            "image": _set(media.image.quality),
            "animation": _set(media.animation.quality),
        },
        video=_video_policy(config),
        ffmpeg=shutil.which("ffmpeg"),
        preprocess=None if steps is None else tuple(parse_qsl(steps, keep_blank_values=True)),
        disabled=tuple(each.value for each in media.disabled_formats),
    )


def _video_policy(config: Config) -> VideoPolicy:
    video = config.media.video
    rungs = _set(video.quality)
    return VideoPolicy(
        video.video_codec,
        video.audio_codec,
        video.allow_audio,
        {int(name[4:]): factor for name, factor in rungs.items() if name != "crf_max"},
        video.quality.crf_max,
    )


def _set(quality: attrs.AttrsInstance) -> dict[str, int]:
    return {name: value for name, value in attrs.asdict(quality).items() if value is not None}


def _verdicts(config: Config, reactor: Any, media: IMedia, scratch: Scratch) -> Verdicts | None:
    asked = config.media
    if asked.external_validation is None:
        return None
    validator = HttpValidator(asked.external_validation, asked.external_validation_timeout, reactor)
    policy = Policy(
        keep_unjudged=asked.external_validation_on_error is OnError.ALLOW,
        by_rendition=asked.external_validation_rendition is not None,
    )
    return Verdicts(validator, media, scratch, reactor, policy)


def _parts(
    config: Config, metrics: Metrics, backends: tuple[IRepo, IStore, IMedia, Scratch, Any]
) -> Parts:
    read_only = config.server.read_only
    repo, _, media, scratch, reactor = backends
    verdicts = _verdicts(config, reactor, media, scratch)
    return Parts(
        *backends,
        lookup=Lookup(*backends, read_only=read_only),
        removal=Removal(repo, reactor, metrics),
        access=AccessLog(repo, reactor, read_only),
        ingest=Ingest(IngestBackends(*backends, verdicts=verdicts, metrics=metrics)),
        generate=Generate(GenerateBackends(*backends, metrics=metrics)),
        settings=WebSettings(
            api_key=config.server.api_key,
            read_only=read_only,
            max_file_count=config.server.max_file_count,
            max_file_size=config.media.max_file_size * MEBIBYTE,
            filters=config.media.filters,
            cache_control=config.server.cache_control,
            cors_origins=config.server.cors_origins,
        ),
        metrics=metrics,
    )


def _background(parts: Parts) -> list[IService]:
    """None on a read-only node, which does no work for others either (contract C5)."""
    if parts.settings.read_only:
        return []
    cleanup = Cleanup(parts.repo, parts.store).duties()
    processing = Processing(parts.repo, parts.generate).duties()
    makers = max(1, len(os.sched_getaffinity(0)))
    return [
        Strays(parts.repo, parts.store, parts.clock, first_grace=0),
        *(_worker(parts, Queue.CLEANUP, cleanup) for _ in range(CLEANUP_WORKERS)),
        *(_worker(parts, Queue.PROCESS, processing) for _ in range(makers)),
    ]


def _worker(parts: Parts, queue: Queue, duties: Mapping[str, Duty]) -> Worker:
    return Worker(parts.repo, queue, duties, parts.clock, parts.metrics)


def _trouble(reactor: Any) -> Trouble:
    """A database that is away is waited for, while requests get 503 (contract E1)."""
    return Trouble(
        reactor, lambda error: not isinstance(error, RepoUnusable), lambda _: _give_up(reactor)
    )


def _give_up(reactor: Any) -> None:
    """Nothing heals an embedded database that can't be opened: stop, with a status that tells."""
    reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
    reactor.stop()


def _most_bytes(settings: WebSettings) -> int:
    """Of one request's body: all its files, and what a form wraps them in."""
    return settings.max_file_size * max(1, settings.max_file_count) + FORM_SLACK
