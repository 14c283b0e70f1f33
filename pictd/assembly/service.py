"""The tree of services.

Stages start in the order given here and stop in the reverse order: the listener first, the database
last.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs
from twisted.application.service import IService

from pictd.assembly.backends import make_repo, make_scratch, make_store, opening_of
from pictd.assembly.background import crew, sweeps
from pictd.assembly.listeners import bound, certificates, figures, metrics_listener, watches
from pictd.assembly.media import make_media
from pictd.assembly.parts import make_parts
from pictd.assembly.refusals import refuse_unsupported
from pictd.assembly.takeover import FirstOpening
from pictd.config.schema import Config
from pictd.errors import RepoUnusable
from pictd.metrics import Metrics
from pictd.model.limits import MEBIBYTE
from pictd.signals import Signals
from pictd.stages import Arrival, Forewarning, Held, Stages, Trouble, nothing
from pictd.tools.scratch import Scratch
from pictd.web.app import entrance
from pictd.web.exposition import Gather
from pictd.web.listener import Listener
from pictd.web.parts import Parts, WebSettings
from pictd.web.receiving import BodyLimits
from pictd.web.site import PictdSite

FORM_SLACK = 4 * MEBIBYTE
"""Bytes of a body beside the files in it."""


@attrs.frozen
class Seat:
    """What a server has for itself where it is the only process, and is given where it is not.

    :ivar listening: the bound socket.
    :ivar prepare: makes its temporary folder.
    :ivar began: when it, or the one that started it and others, began; in seconds.
    :ivar show: what shows figures.
    :ivar serves: is told when the database is open.
    :ivar listener: how connections are accepted.
    """

    listening: socket.socket
    prepare: Callable[[], Scratch]
    began: float
    show: Callable[[Gather], Sequence[IService]]
    serves: Callable[[], None] = lambda: None
    listener: type[Listener] = Listener


def make_service(config: Config, reactor: Any) -> IService:
    """The whole server in one process. What can be known to fail, fails here; what may pass by
    itself is waited for while the server runs.

    :raise CannotStart: an address is in use, a directory can't be used, or the configuration asks
        for what this version does not do.
    """
    refuse_unsupported(config)
    taken = bound("server.address", config.server.address)
    show = partial(metrics_listener, config, reactor=reactor)
    seat = Seat(taken, partial(make_scratch, config), reactor.seconds(), show)
    return make_seated(config, reactor, seat)


def make_seated(config: Config, reactor: Any, seat: Seat) -> IService:
    """The whole server, on what it is given.

    :raise CannotStart: as above.
    """
    tls = certificates(config, reactor)
    scratch = seat.prepare()
    metrics = Metrics(reactor.seconds)
    repo = make_repo(config, reactor, metrics, opening_of(config))
    store = make_store(config, reactor, metrics)
    media = make_media(config, reactor, metrics)
    opening = FirstOpening(config, repo, reactor)
    parts = make_parts(config, metrics, (repo, store, media, scratch, reactor))
    parts = attrs.evolve(parts, underway=lambda: opening.underway)
    listener = seat.listener(seat.listening, _site(config, parts, reactor), reactor, tls)
    workers = crew(config, parts)
    background = [*sweeps(config, parts, seat.began), workers]
    arrivals = [Arrival(listener.welcome), Arrival(seat.serves)]
    at_work = Stages([*_at_work(parts), *background, *arrivals])
    return Stages(
        [
            Signals(reactor),
            Held("scratch", nothing, scratch.close),
            Held("store", nothing, store.close),
            Held("media", media.start, media.stop),
            *seat.show(figures(config, parts).gathered),
            Held("database", opening.open, repo.close, at_work, _trouble(reactor)),
            *([tls] if tls is not None else []),
            listener,
            Forewarning(workers.dismiss),
            Forewarning(parts.claiming.leave),
            Forewarning(opening.abandon),
        ]
    )


def _site(config: Config, parts: Parts, reactor: Any) -> PictdSite:
    limits = BodyLimits(_most_bytes(parts.settings))
    return PictdSite(entrance(parts), reactor, limits, watches(config, parts.metrics))


def _at_work(parts: Parts) -> list[IService]:
    """What works for requests, and ends its work before the database closes."""
    return [parts.access, parts.generate, parts.ingest, parts.queueing, parts.proxies]


def _trouble(reactor: Any) -> Trouble:
    """A database that is away is waited for, while requests get 503 (contract E1)."""
    return Trouble(
        reactor, lambda error: not isinstance(error, RepoUnusable), lambda _: give_up(reactor)
    )


def give_up(reactor: Any) -> None:
    """Stop, with a status that tells: nothing heals an embedded database that can't be opened."""
    reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
    reactor.stop()


def _most_bytes(settings: WebSettings) -> int:
    """Of one request's body: all its files, and what a form wraps them in."""
    return settings.max_file_size * max(1, settings.max_file_count) + FORM_SLACK
