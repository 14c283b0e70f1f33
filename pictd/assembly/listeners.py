"""Where the server listens, and who watches what is asked there."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService
from twisted.logger import LogLevel

from pictd.assembly.failures import CannotStart
from pictd.config.addresses import SocketAddress
from pictd.config.schema import Config
from pictd.logs.heeding import Heeding
from pictd.metrics import Metrics
from pictd.web.counting import RequestCounts
from pictd.web.exposition import Exposition, Figures, Gather
from pictd.web.listener import Listener, bound_socket
from pictd.web.parts import Parts
from pictd.web.receiving import BodyLimits
from pictd.web.request_log import NAMESPACE, RequestLog
from pictd.web.site import PictdSite, Watch
from pictd.web.tls import Certificates, Pair, UnusableCertificate


def bound(key: str, address: SocketAddress) -> socket.socket:
    """:raise CannotStart: the address is in use, or not of this machine."""
    try:
        return bound_socket(str(address.host), address.port)
    except OSError as error:
        raise CannotStart(f"{key}: {address}: {error.strerror}") from error


def metrics_listener(config: Config, gather: Gather, reactor: Any) -> list[IService]:
    """None where figures are not asked for.

    :raise CannotStart: the address can't be used.
    """
    address = config.metrics.prometheus_address
    if address is None:
        return []
    taken = bound("metrics.prometheus_address", address)
    site = PictdSite(Exposition(gather), reactor, BodyLimits(0))
    return [Listener(taken, site, reactor)]


def figures(config: Config, parts: Parts) -> Figures:
    """What there is to show."""
    if config.metrics.prometheus_address is not None:
        parts.metrics.watch_process()
    return Figures(parts.metrics, parts.repo)


def watches(config: Config, metrics: Metrics) -> Sequence[Watch]:
    """Lines for those who debug are not even made where nobody does."""
    counts = RequestCounts()
    metrics.registry.register(counts)
    logging = config.tracing.logging
    debugs = Heeding(logging.targets).heeds(NAMESPACE, LogLevel.debug)
    quiet = LogLevel.debug if debugs else None
    return (counts, RequestLog(LogLevel.info if logging.log_requests else quiet))


def certificates(config: Config, reactor: Any) -> Certificates | None:
    """None where TLS is not asked for.

    :raise CannotStart: they can't be used.
    """
    pair = pair_of(config)
    try:
        return None if pair is None else Certificates(pair, reactor)
    except UnusableCertificate as error:
        raise CannotStart(str(error)) from error


def pair_of(config: Config) -> Pair | None:
    """The files of certificate and key, where both are named."""
    server = config.server
    if server.certificate is None or server.private_key is None:
        return None
    return Pair(server.certificate, server.private_key)
