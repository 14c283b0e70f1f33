"""The embedded database: one SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path

from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from pictd.errors import RepoUnavailable, RepoUnusable
from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics
from pictd.model.opening import Opening
from pictd.model.settings import HEALTH
from pictd.repo.sqlite import schema
from pictd.repo.sqlite.aliases import SqliteAliases
from pictd.repo.sqlite.claims import SqliteClaims
from pictd.repo.sqlite.connection import (
    create_file,
    open_filler,
    open_reader,
    open_writer,
)
from pictd.repo.sqlite.details import SqliteDetails
from pictd.repo.sqlite.export import export
from pictd.repo.sqlite.hashes import SqliteHashes
from pictd.repo.sqlite.jobs import SqliteJobs
from pictd.repo.sqlite.lease import Lease
from pictd.repo.sqlite.proxies import SqliteProxies
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.records import SqliteRecords
from pictd.repo.sqlite.settings import SET, SqliteSettings
from pictd.repo.sqlite.soundness import unsound
from pictd.repo.sqlite.turns import Turns
from pictd.repo.sqlite.uploads import SqliteUploads
from pictd.repo.sqlite.variants import SqliteVariants
from pictd.repo.sqlite.watching import Watching
from pictd.repo.sqlite.writer import Step, Writer
from pictd.repo.wakeups import Wakeups

REFERS = """
    SELECT 1 FROM hashes WHERE identifier = ?1
    UNION ALL SELECT 1 FROM hashes WHERE motion = ?1
    UNION ALL SELECT 1 FROM variants WHERE identifier = ?1
    UNION ALL SELECT 1 FROM uploads WHERE identifier = ?1 LIMIT 1
"""
"""Takes an identifier."""

_OPENERS = {Opening.LOOK: open_reader, Opening.FILL: open_filler}


@implementer(IRepo)
class SqliteRepo:
    """All facts in one file. Several processes of one machine may share it."""

    def __init__(
        self,
        path: Path,
        reactor: IReactorThreads,
        metrics: Metrics | None = None,
        opening: Opening = Opening.MAKE,
        shared: bool = False,
    ) -> None:
        """:param path: of the file; made with its folder where it is missing.
        :param metrics: None: nobody reads them.
        :param shared: other processes work on it at the same time: take turns at writing, and hear
            of what they write. Without it, they may still look at it, and write now and then.
        """
        self._path = path
        self._opening = opening
        self._reactor = reactor
        self._lease: Lease | None = None
        wakeups = Wakeups()
        self._reader = reader = Reader(path, reactor)
        self._writer = writer = Writer(reactor, wakeups.wake, metrics)
        self._watching = Watching(reader, wakeups, IReactorTime(reactor)) if shared else None
        self._turns: Turns | None = None
        self.aliases = SqliteAliases(reader, writer)
        self.proxies = SqliteProxies(reader, writer)
        self.hashes = SqliteHashes(reader, writer)
        self.variants = SqliteVariants(reader, writer)
        self.details = SqliteDetails(reader, writer)
        self.uploads = SqliteUploads(reader, writer, wakeups)
        self.settings = SqliteSettings(reader, writer)
        self.jobs = SqliteJobs(reader, writer, wakeups)
        self.claims = SqliteClaims(writer, wakeups)
        self.records = SqliteRecords(reader, writer)

    async def open(self) -> None:
        """See ``IRepo``. A call that failed may be repeated."""
        connection = await deferToThreadPool(
            self._reactor, self._reactor.getThreadPool(), self._connect
        )
        self._writer.start(connection, self._turns.taken if self._turns else nullcontext)
        if self._watching is not None:
            self._watching.start()

    async def close(self) -> None:
        """See ``IRepo``. A second call does nothing."""
        if self._watching is not None:
            self._watching.stop()
        await self._writer.stop()
        self._reader.close()
        if self._turns is not None:
            self._turns.close()
            self._turns = None
        if self._lease is not None:
            self._lease.close()

    async def export(self, folder: Path) -> Path:
        """Copy the database into a new folder, as ``sqlite.export`` does.

        :raise RepoUnavailable: that fails.
        """
        pool = self._reactor.getThreadPool()
        return await deferToThreadPool(self._reactor, pool, export, self._path, folder)

    async def refers_to(self, identifier: str) -> bool:
        """See ``IRepo``."""
        return bool(self._reader.rows(REFERS, identifier))

    async def unsound(self) -> Sequence[str]:
        """See ``IRepo``."""
        return await self._reader.in_thread(unsound)

    async def check(self, read_only: bool = False) -> None:
        """See ``IRepo``. Writes ``HEALTH`` among the settings."""
        if not read_only:
            await self._writer.run(self._write_health)
        await self.settings.get(HEALTH)

    def _connect(self) -> sqlite3.Connection:
        """Blocks; the connection for writing, after which the reader is open too."""
        try:
            return self._leased()
        except BlockingIOError as error:
            raise RepoUnavailable(f"{self._path}: another database is put in its place") from error
        except (OSError, sqlite3.Error) as error:
            kind = RepoUnavailable if _may_pass(error) else RepoUnusable
            raise kind(f"Can't open the database {self._path}: {error}") from error

    def _leased(self) -> sqlite3.Connection:
        self._prepare()
        looks = self._opening is Opening.LOOK
        with ExitStack() as undo:
            lease = Lease(self._path)
            undo.callback(lease.close)
            opened = _OPENERS.get(self._opening, open_writer)(self._path)
            connection = undo.enter_context(closing(opened))
            (schema.require_current if looks else schema.upgrade)(connection, schema.scripts())
            self._reader.open()
            if self._watching is not None and self._turns is None:
                self._turns = Turns(self._path)
            undo.pop_all()
        self._lease = lease
        return connection

    def _prepare(self) -> None:
        """See that there is a file to open.

        :raise RepoUnusable: there has to be a database, and is none.
        """
        if self._opening in (Opening.MAKE, Opening.FILL, Opening.SPARE):
            create_file(self._path)
        elif not self._path.is_file():
            raise RepoUnusable(f"There is no database {self._path}")
        else:
            with closing(open_reader(self._path)) as connection:
                schema.check_own(connection)

    def _write_health(self, step: Step) -> None:
        """SQLite goes on writing into a file that was deleted: that must not pass for health."""
        if not self._path.exists():
            raise RepoUnavailable(f"The database file {self._path} was deleted while it was open")
        step.execute(SET, HEALTH, os.urandom(8))


def _may_pass(error: OSError | sqlite3.Error) -> bool:
    """Whether the same call may succeed later: a volume comes, rights are given, space is made."""
    if isinstance(error, OSError):
        return not isinstance(error, (FileExistsError, IsADirectoryError, NotADirectoryError))
    return isinstance(error, sqlite3.OperationalError)
