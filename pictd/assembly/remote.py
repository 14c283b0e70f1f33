"""What other servers are asked through."""

from __future__ import annotations

from typing import Any

from pictd.config.choices import OnError
from pictd.config.schema import Config
from pictd.ingest.verdicts import Policy, Verdicts
from pictd.interfaces import IMedia, IRemote
from pictd.remote.addresses import AddressRules
from pictd.remote.certificates import Certificates
from pictd.remote.client import HttpRemote, Pace
from pictd.remote.connections import Ways
from pictd.remote.resolving import Resolving
from pictd.remote.turns import Turns
from pictd.remote.validator import HttpValidator
from pictd.tools.scratch import Scratch


def make_remote(config: Config, reactor: Any) -> IRemote:
    """One per process: it counts who is busy with which host."""
    rules = AddressRules(config.client.allowed_networks)
    ways = Ways(reactor, Resolving(reactor.nameResolver, rules), Certificates())
    return HttpRemote(ways, Pace(config.client.timeout), Turns())


def make_verdicts(config: Config, reactor: Any, media: IMedia, scratch: Scratch) -> Verdicts | None:
    """None where no validator is named."""
    asked = config.media
    if asked.external_validation is None:
        return None
    validator = HttpValidator(asked.external_validation, asked.external_validation_timeout, reactor)
    policy = Policy(
        keep_unjudged=asked.external_validation_on_error is OnError.ALLOW,
        by_rendition=asked.external_validation_rendition is not None,
    )
    return Verdicts(validator, media, scratch, reactor, policy)
