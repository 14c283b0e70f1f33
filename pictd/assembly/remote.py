"""What other servers are asked through."""

from __future__ import annotations

from typing import Any

import attrs

from pictd.config.choices import OnError
from pictd.config.schema import Config
from pictd.ingest.verdicts import Policy, Verdicts
from pictd.interfaces.media import IMedia
from pictd.interfaces.remote import IRemote
from pictd.metrics import Metrics
from pictd.remote.addresses import AddressRules
from pictd.remote.certificates import Certificates
from pictd.remote.client import HttpRemote, Pace
from pictd.remote.connections import Ways
from pictd.remote.errands import Errand, Outgoing
from pictd.remote.resolving import Resolving
from pictd.remote.turns import PER_HOST, Turns
from pictd.remote.validator import HttpValidator
from pictd.tools.scratch import Scratch


@attrs.frozen
class Remotes:
    """Who is busy with which host is counted for all together.

    :ivar downloads: for those who ask for a copy.
    :ivar proxies: for those who ask for what a URL shows.
    """

    downloads: IRemote
    proxies: IRemote


def make_remotes(config: Config, reactor: Any, metrics: Metrics) -> Remotes:
    """One set per process. All workers together ask a host as often as a single process would."""
    rules = AddressRules(config.client.allowed_networks)
    ways = Ways(reactor, Resolving(reactor.nameResolver, rules), Certificates())
    pace, turns = Pace(config.client.timeout), Turns(max(1, PER_HOST // config.server.workers))
    return Remotes(
        *(
            HttpRemote(ways, pace, turns, Outgoing(errand, reactor, metrics))
            for errand in (Errand.DOWNLOAD, Errand.PROXY)
        )
    )


def make_verdicts(
    config: Config, reactor: Any, media: IMedia, scratch: Scratch, metrics: Metrics
) -> Verdicts | None:
    """None where no validator is named."""
    asked = config.media
    if asked.external_validation is None:
        return None
    url, seconds = asked.external_validation, asked.external_validation_timeout
    validator = HttpValidator(url, seconds, reactor, metrics)
    policy = Policy(
        keep_unjudged=asked.external_validation_on_error is OnError.ALLOW,
        by_rendition=asked.external_validation_rendition is not None,
    )
    return Verdicts(validator, media, scratch, reactor, policy)
