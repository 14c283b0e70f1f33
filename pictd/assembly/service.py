"""The tree of services.

Stages start in the order given here and stop in the reverse order: the listener first, the database
last.
"""

from __future__ import annotations

import os
from typing import Any

from twisted.application.service import IService

from pictd.assembly.backends import make_repo, make_scratch, make_store, opening_of
from pictd.assembly.background import crew, sweeps
from pictd.assembly.failures import CannotStart
from pictd.assembly.listeners import bound, certificates, metrics_listener, watches
from pictd.assembly.media import make_media
from pictd.assembly.parts import make_parts
from pictd.assembly.refusals import unsupported
from pictd.config.schema import Config
from pictd.errors import RepoUnusable
from pictd.metrics import Metrics
from pictd.model.limits import MEBIBYTE
from pictd.signals import Signals
from pictd.stages import Forewarning, Held, Stages, Trouble, nothing
from pictd.web.app import entrance
from pictd.web.listener import Listener
from pictd.web.parts import Parts, WebSettings
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite

FORM_SLACK = 4 * MEBIBYTE
"""Bytes of a body beside the files in it."""


def make_service(config: Config, reactor: Any) -> IService:
    """The whole server. What can be known to fail, fails here; what may pass by itself is waited
    for while the server runs.

    :raise CannotStart: an address is in use, a directory can't be used, or the configuration asks
        for what this version does not do.
    """
    refused = unsupported(config)
    if refused:
        raise CannotStart("; ".join(refused))
    taken = bound("server.address", config.server.address)
    tls = certificates(config, reactor)
    scratch = make_scratch(config)
    metrics = Metrics(reactor.seconds)
    repo = make_repo(config, reactor, metrics, opening_of(config))
    store = make_store(config, reactor, metrics)
    media = make_media(config, reactor, metrics)
    parts = make_parts(config, metrics, (repo, store, media, scratch, reactor))
    limits = BodyLimits(_most_bytes(parts.settings))
    site = PictdSite(entrance(parts), reactor, limits, watches(config, metrics))
    workers = crew(parts)
    at_work = Stages([*_at_work(parts), *sweeps(config, parts), workers])
    return Stages(
        [
            Signals(reactor),
            Held("scratch", nothing, scratch.close),
            Held("store", nothing, store.close),
            Held("media", media.start, media.stop),
            *metrics_listener(config, parts, reactor),
            Held("database", repo.open, repo.close, at_work, _trouble(reactor)),
            *([tls] if tls is not None else []),
            Listener(taken, site, reactor, tls),
            Forewarning(workers.dismiss),
            Forewarning(parts.claiming.leave),
        ]
    )


def _at_work(parts: Parts) -> list[IService]:
    """What works for requests, and ends its work before the database closes."""
    return [parts.access, parts.generate, parts.ingest, parts.queueing, parts.proxies]


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
