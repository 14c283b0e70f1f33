# ruff: noqa: RUF009 (the calls make fields, not values)
"""Every key of the configuration: its default, rule, documentation and flag, each told once.

Files, environment, flags, ``--save-to``, ``etc/pictd.toml`` and error messages follow from here.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from pictd.config.addresses import SOCKET, URL, Network, SocketAddress
from pictd.config.backends import (
    REPOS,
    STORES,
    FilesystemStore,
    ObjectStore,
    PostgresRepo,
    SqliteRepo,
)
from pictd.config.choices import HEADER, NETWORKS, ORIGINS, URL_PREFIX, LogFormat
from pictd.config.keys import GLOBAL, RUN, key, section, variants
from pictd.config.media import Media
from pictd.config.retention import SPAN, Retention
from pictd.config.targets import TARGETS, Level, Targets
from pictd.config.values import BOOLEAN, PATH, SECRET, SHARE, TEXT, U32, U64, one_of, whole

_INFO = Targets("info", (("", Level.INFO),))


@attrs.frozen
class Server:
    """The listener, and what holds for all requests."""

    address: SocketAddress = key(
        SOCKET, SocketAddress("0.0.0.0", 8080), "Address of the listener.", short="a"
    )
    api_key: str | None = key(
        SECRET, None, "Opens /internal to requests whose X-Api-Token equals it. Unset: closed."
    )
    read_only: bool = key(BOOLEAN, False, "Refuse whatever changes something, and write nothing.")
    danger_dummy_mode: bool = key(BOOLEAN, False, "Store uploads unseen; run no tool. For tests.")
    max_file_count: int = key(whole(U32), 1, "Most files of one upload.")
    temporary_directory: Path = key(
        PATH, Path("/tmp"), "Parent of the working directory. $TMPDIR changes the default."
    )
    cleanup_temporary_directory: bool = key(
        BOOLEAN,
        True,
        "Remove leftovers of earlier runs at start.",
        flag="no-cleanup-temporary-directory",
        inverted=True,
    )
    certificate: Path | None = key(PATH, None, "PEM chain, leaf first; with private_key: TLS.")
    private_key: Path | None = key(PATH, None, "PEM key of the certificate.")
    workers: int = key(whole(1024, 1), 1, "Processes that serve requests.")
    accel_prefix: str | None = key(
        URL_PREFIX, None, "Let nginx send stored files: its internal location (X-Accel-Redirect)."
    )
    cors_origins: tuple[str, ...] = key(ORIGINS, (), "Origins whose scripts may read; * is all.")
    cache_control: str = key(
        HEADER, "public, max-age=604800, immutable", "Cache-Control of served media."
    )


@attrs.frozen
class Client:
    """Fetching from other servers.

    :ivar timeout: seconds.
    """

    timeout: int = key(whole(U32, 1), 30, "Seconds that a download may take.")
    allowed_networks: tuple[Network, ...] = key(
        NETWORKS, (), "Private networks that may be downloaded from all the same."
    )
    failure_retention: Retention = key(
        SPAN, Retention(60, "s"), "How long a failed download or variant is remembered."
    )


@attrs.frozen
class Metrics:
    """Figures for Prometheus."""

    prometheus_address: SocketAddress | None = key(
        SOCKET, None, "Address of a listener for metrics. Unset: none."
    )


@attrs.frozen
class Logging:
    """What is logged, and how."""

    format: LogFormat = key(
        one_of(LogFormat), LogFormat.NORMAL, "Shape of the log.", flag="log-format"
    )
    targets: Targets = key(
        TARGETS, _INFO, "What is logged. $RUST_LOG wins over the file.", flag="log-targets"
    )
    log_spans: bool = key(BOOLEAN, False, "Log where spans begin and end.", flag="log-spans")
    log_requests: bool = key(
        BOOLEAN, False, "Log successful requests at info.", flag="log-requests"
    )
    no_ansi: bool = key(BOOLEAN, False, "No colours, on a terminal too.", flag="no-log-ansi")


@attrs.frozen
class Console:
    """A debugger of pict-rs that pictd does not have; accepted and ignored."""

    address: SocketAddress | None = key(SOCKET, None, "Ignored.", flag="console-address")
    buffer_capacity: int = key(whole(U64), 102400, "Ignored.", flag="console-buffer-capacity")


@attrs.frozen
class OpenTelemetry:
    """Export of traces."""

    url: str | None = key(URL, None, "OTLP collector. Unset: no export.", flag="opentelemetry-url")
    service_name: str = key(
        TEXT, "pict-rs", "Name of this service in traces.", flag="opentelemetry-service-name"
    )
    targets: Targets = key(TARGETS, _INFO, "What is exported.", flag="opentelemetry-targets")


@attrs.frozen
class Tracing:
    """Logs and traces."""

    logging: Logging = section(Logging, "What is logged, and how.")
    console: Console = section(Console, "Accepted for pict-rs's sake, and ignored.")
    opentelemetry: OpenTelemetry = section(OpenTelemetry, "Export of traces.")


@attrs.frozen
class OldRepo:
    """A database of pict-rs 0.4."""

    path: Path | None = key(PATH, None, "Its directory.")
    cache_capacity: int | None = key(whole(U64), None, "Ignored.")


@attrs.frozen
class Upgrade:
    """The import of an older database."""

    concurrency: int = key(whole(U32, 1), 32, "Files that are imported at once.")


@attrs.frozen
class Prune:
    """Removing records whose bytes are gone."""

    max_missing_share: float = key(
        SHARE, 0.1, "Refuse to prune where a larger share of a sample is missing."
    )


@attrs.frozen
class Config:
    """The whole configuration."""

    server: Server = section(Server, "The listener, and what holds for all requests.")
    client: Client = section(Client, "Fetching from other servers.")
    media: Media = section(Media, "What is accepted, and what becomes of it.")
    repo: SqliteRepo | PostgresRepo = variants("sqlite", "Kind of database.", REPOS)
    store: FilesystemStore | ObjectStore = variants("filesystem", "Kind of store.", STORES)
    old_store: FilesystemStore | ObjectStore | None = variants(
        None, "The store that is being left: read where the new one lacks a file.", STORES, RUN
    )
    old_repo: OldRepo = section(OldRepo, "A database of pict-rs 0.4.", GLOBAL)
    upgrade: Upgrade = section(Upgrade, "The import of an older database.")
    prune: Prune = section(Prune, "Removing records whose bytes are gone.")
    metrics: Metrics = section(Metrics, "Figures for Prometheus.")
    tracing: Tracing = section(Tracing, "Logs and traces.", GLOBAL)
