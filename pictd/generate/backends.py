"""What makers of variants work with."""

from __future__ import annotations

import attrs
from twisted.internet.interfaces import IReactorTime

from pictd.claiming import Alone, Claiming
from pictd.interfaces.media import IMedia
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IScratch, IStore
from pictd.metrics import Metrics


async def leave_stray(identifier: str) -> None:
    """Of bytes that nobody knows to be recorded or not: the sweep of strays will."""


@attrs.frozen
class Backends:
    """The rest of the server, as makers see it."""

    repo: IRepo
    store: IStore
    media: IMedia
    scratch: IScratch
    clock: IReactorTime
    metrics: Metrics = attrs.field(factory=Metrics)
    claiming: Claiming = attrs.field(factory=Alone)
