"""The database on a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from zope.interface import implementer

from pictd.errors import RepoUnavailable
from pictd.interfaces.repos import IRepo
from pictd.metrics import Metrics
from pictd.model.opening import Opening
from pictd.model.settings import HEALTH
from pictd.model.times import from_seconds
from pictd.repo.postgres import schema
from pictd.repo.postgres.aliases import PostgresAliases
from pictd.repo.postgres.claims import PostgresClaims
from pictd.repo.postgres.details import PostgresDetails
from pictd.repo.postgres.hashes import PostgresHashes
from pictd.repo.postgres.jobs import PostgresJobs
from pictd.repo.postgres.link import Server
from pictd.repo.postgres.listening import Listening
from pictd.repo.postgres.pool import Pool
from pictd.repo.postgres.proxies import PostgresProxies
from pictd.repo.postgres.records import PostgresRecords
from pictd.repo.postgres.sessions import Sessions, Step
from pictd.repo.postgres.settings import PostgresSettings
from pictd.repo.postgres.soundness import unsound
from pictd.repo.postgres.uploads import PostgresUploads
from pictd.repo.postgres.variants import PostgresVariants
from pictd.repo.wakeups import Wakeups

REFERS = """
    SELECT 1 FROM hashes WHERE identifier = %s
    UNION ALL SELECT 1 FROM hashes WHERE motion_identifier = %s
    UNION ALL SELECT 1 FROM variants WHERE identifier = %s
    UNION ALL SELECT 1 FROM pictd_uploads AS p JOIN uploads AS u ON u.id = p.id
        WHERE p.identifier = %s AND u.result IS NULL
    LIMIT 1
"""
"""Takes an identifier four times."""


@implementer(IRepo)
class PostgresRepo:
    """All facts in one database. Any number of processes and machines may share it."""

    def __init__(
        self,
        server: Server,
        metrics: Metrics | None = None,
        opening: Opening = Opening.MAKE,
    ) -> None:
        """:param metrics: None: nobody reads them."""
        self._server, self._opening = server, opening
        wakeups = Wakeups()
        pool = Pool(server, server.reactor, metrics)
        self._sessions = sessions = Sessions(pool, server.reactor, wakeups.wake, metrics)
        self._listening = Listening(server, pool.sessions, wakeups.wake, metrics)
        self.aliases = PostgresAliases(sessions)
        self.proxies = PostgresProxies(sessions)
        self.hashes = PostgresHashes(sessions)
        self.variants = PostgresVariants(sessions)
        self.details = PostgresDetails(sessions)
        self.uploads = PostgresUploads(sessions, wakeups)
        self.settings = PostgresSettings(sessions)
        self.jobs = PostgresJobs(sessions, wakeups)
        self.claims = PostgresClaims(sessions, wakeups)
        self.records = PostgresRecords(sessions, server.reactor)

    async def open(self) -> None:
        """See ``IRepo``. A call that failed may be repeated."""
        try:
            await self._prepare()
            await self._listening.start()
        except BaseException:
            await self._sessions.close()
            raise

    async def _prepare(self) -> None:
        if self._opening is Opening.LOOK:
            return await self._sessions.open(schema.verify)
        if self._opening is Opening.SPARE:
            with suppress(RepoUnavailable):
                return await self._sessions.open(schema.verify)
        return await self._sessions.open(self._upgrade)

    async def _upgrade(self, step: Step) -> None:
        if self._opening is Opening.UPGRADE:
            await schema.check_there(step)
        await schema.upgrade(step, from_seconds(self._server.reactor.seconds()))

    async def close(self) -> None:
        """See ``IRepo``. A second call does nothing."""
        await self._listening.stop()
        await self._sessions.close()

    async def refers_to(self, identifier: str) -> bool:
        """See ``IRepo``."""
        return bool(await self._sessions.rows(REFERS, *[identifier] * 4))

    async def unsound(self) -> Sequence[str]:
        """See ``IRepo``."""
        return await self._sessions.snapshot(unsound)

    async def check(self, read_only: bool = False) -> None:
        """See ``IRepo``. Writes ``HEALTH`` among the settings."""
        written = os.urandom(8)
        if not read_only:
            await self.settings.set(HEALTH, written)
        await self.settings.get(HEALTH)
