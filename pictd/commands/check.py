"""``check``: takes what ``run`` takes."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import attrs
from twisted.python import usage

from pictd.admin.check import check
from pictd.admin.progress import print_beside, progress_on
from pictd.admin.samples import Share
from pictd.admin.survey import Order, Survey
from pictd.admin.takeover import Takeover, due
from pictd.assembly.media import make_media
from pictd.assembly.refusals import refusals
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load, complain
from pictd.commands.opened import opened, reached, refuse_if_read_only
from pictd.config.backends import SqliteRepo
from pictd.config.findings import ConfigError
from pictd.config.keys import RUN
from pictd.config.schema import Config
from pictd.jobs.prune import Prune
from pictd.migration.pict_rs_sled.failures import TakeoverImpossible
from pictd.migration.pict_rs_sled.reading import Reading
from pictd.model.hashes import Hash
from pictd.model.times import from_seconds


class Check(Command):
    """``check``."""

    longdesc = (
        "Without flags of its own: whether pictd would start, and with everything; it looks at "
        "settings, folders, programs and codecs, and changes nothing. With --data also whether "
        "the database is sound and every file that it knows is in the store. May run beside a "
        "serving pictd. Exit status: 0 where nothing is wrong, 1 where anything was found, "
        "repaired or not: a second run tells what is left."
    )
    scope = RUN
    subCommands = STORES
    heeded = "pictd.tools.process"

    def __init__(self) -> None:
        self.order: Order | None = None
        super().__init__()

    def opt_data(self) -> None:
        """Look also at all that is stored: that the database is sound, and that every original,
        still frame, variant and queued upload is in the store, originals in the right size."""
        self._extend()

    def opt_hashes(self, share: str) -> None:
        """As --data, and read back so many originals (all, N or N%), to compare their SHA-256. A
        number or percentage is drawn by lot."""
        try:
            self._extend(hashes=Share.parse(share))
        except ValueError as error:
            raise usage.UsageError(f"--hashes: {error}") from None

    def opt_repair(self) -> None:
        """As --data, and heal records: variants and still frames without bytes are forgotten, to be
        made again, and so are wrong details. Originals are only named: prune-missing removes those
        without bytes, and damaged ones are never removed."""
        self._extend(repair=True)

    def opt_after(self, original: str) -> None:
        """As --data, from behind this original on, as a survey that ended early told it."""
        try:
            self._extend(after=Hash.from_bytes(bytes.fromhex(original)))
        except ValueError as error:
            raise usage.UsageError(f"--after: {error}") from None

    async def act(self, load: Load, reactor: Any) -> int:
        """Status 1 where anything was found."""
        look = partial(_look, reactor=reactor)
        status = await check(load, partial(make_media, reactor=reactor), look)
        if self.order is None or not _is_usable(load):
            return status
        return max(status, await _survey(self.order, load, reactor))

    def _extend(self, **more: Any) -> None:
        self.order = attrs.evolve(self.order or Order(), **more)


async def _look(config: Config, reactor: Any) -> list[str]:
    """What would keep the server from starting; what it would do first is said."""
    found, place = await refusals(config, reactor), config.repo
    try:
        folder = due(place)
    except TakeoverImpossible as error:
        return [*found, f"repo.path: {error}"]
    if folder is None or not isinstance(place, SqliteRepo):
        return found
    reading = Reading(folder, False, from_seconds(reactor.seconds()), reactor)
    takeover = Takeover(reading, reactor, progress_on(sys.stderr, reactor.seconds), print)
    return found + await takeover.announce(place.path)


def _is_usable(load: Load) -> bool:
    """What is wrong with the configuration was told."""
    try:
        load()
    except ConfigError:
        return False
    return True


async def _survey(order: Order, load: Load, reactor: Any) -> int:
    config, progress = load().config, progress_on(sys.stderr, reactor.seconds)
    if order.repair:
        refuse_if_read_only(config)
    async with (
        opened(config, reactor, writes=order.repair) as repo,
        reached(config, reactor) as store,
    ):
        prune = Prune(repo, store, reactor, config.prune.max_missing_share, pause=0)
        if order.repair and await prune.is_wrong_store():
            complain(["nothing is repaired: more is missing than prune.max_missing_share allows"])
            return 1
        return await Survey(repo, store, reactor, progress, print_beside).run(order)
