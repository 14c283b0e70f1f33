"""Taking over pict-rs's own database at the first start (contract D4).

How it works: it is done where the database is opened, so that the server listens and answers with
503 meanwhile, whatever the service manager waits for. Of several workers one does it; the others
find the place in use, and try again later.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from pictd.admin.progress import Bars, Lines, Standing
from pictd.admin.takeover import Takeover, due
from pictd.config.backends import SqliteRepo as SqliteRepoConfig
from pictd.config.schema import Config
from pictd.errors import PictdError, RepoUnusable
from pictd.interfaces.repos import IRepo
from pictd.migration.pict_rs_sled.failures import Damaged
from pictd.migration.pict_rs_sled.heeding import Abandoned
from pictd.migration.pict_rs_sled.reading import Reading
from pictd.model.opening import Opening
from pictd.model.times import from_seconds
from pictd.progress import Progress
from pictd.repo.sqlite.database import SqliteRepo
from pictd.repo.sqlite.founding import BeingMade, Founding, PlaceTaken

_FORCE = "`pictd migrate-repo --force sled -p {} sqlite -p {}` takes over what can be read"


def read_only_trouble(config: Config) -> str | None:
    """Why a read-only server can't start; None where it can. Blocks for a moment."""
    if not config.server.read_only:
        return None
    try:
        folder = due(config.repo)
    except PictdError as error:
        return str(error)
    if folder is None:
        return None
    return (
        f"repo.path: {folder} holds pict-rs's database, and server.read_only keeps pictd from"
        " taking it over: start once without it"
    )


class FirstOpening:
    """Opens a database, which may have to be made of pict-rs's before."""

    _log = Logger()

    def __init__(self, config: Config, repo: IRepo, reactor: Any) -> None:
        self._config = config.repo
        self._repo = repo
        self._reactor = reactor
        self._standing = Standing(self._progress())
        self._reading: Reading | None = None
        self._ended = False

    @property
    def underway(self) -> str | None:
        """What is being taken over; None: nothing."""
        if self._reading is None:
            return None
        return f"taking over pict-rs's database: {self._standing.text or 'reading it'}"

    async def open(self) -> None:
        """See ``IRepo``. What was begun before a crash begins again.

        :raise RepoUnusable: also where pict-rs's database can't be taken over.
        """
        pool = self._reactor.getThreadPool()
        folder = await deferToThreadPool(self._reactor, pool, due, self._config)
        if folder is not None and isinstance(self._config, SqliteRepoConfig):
            await self._take_over(folder, self._config.path)
        await self._repo.open()

    def abandon(self) -> None:
        """The server stops: end early, and leave nothing."""
        self._ended = True
        if self._reading is not None:
            self._reading.abandon()

    async def _take_over(self, folder: Path, place: Path) -> None:
        now = from_seconds(self._reactor.seconds())
        self._reading = reading = Reading(folder, False, now, self._reactor)
        if self._ended:
            reading.abandon()
        founding = Founding(place)
        filled = SqliteRepo(founding.aside, self._reactor, opening=Opening.FILL)
        takeover = Takeover(reading, self._reactor, self._standing, self._say)
        try:
            await takeover.into_new(founding, filled)
        except (BeingMade, PlaceTaken):
            raise
        except Abandoned as error:
            raise CancelledError from error
        except PictdError as error:
            text = f"pict-rs's database in {folder} was not taken over: {error}"
            way = f"; {_FORCE.format(folder, place)}" if isinstance(error, Damaged) else ""
            raise RepoUnusable(text + way) from error
        finally:
            self._reading = None

    def _progress(self) -> Progress:
        """On the terminal itself: twistd makes a log of standard error."""
        terminal = sys.__stderr__
        if terminal is not None and terminal.isatty():
            return Bars(terminal)
        return Lines(self._say, self._reactor.seconds)

    def _say(self, line: str) -> None:
        self._log.info("takeover: {line}", line=line)
