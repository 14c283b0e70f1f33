"""A process that is killed loses nothing that it acknowledged."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorThreads
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from pictd.model.alias import Alias
from pictd.model.uploads import Uploaded
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import details_at, naming_of, record_of
from tests.repo.writing_child import EXPIRING, url_of

ENOUGH = 300
COUNTS = """
    SELECT (SELECT count(*) FROM jobs WHERE queue = 'process'),
        (SELECT count(*) FROM uploads WHERE identifier IS NOT NULL AND result IS NULL),
        (SELECT count(*) FROM uploads WHERE identifier IS NULL AND result IS NOT NULL),
        (SELECT count(*) FROM aliases JOIN hashes USING (hash)),
        (SELECT count(*) FROM proxies JOIN aliases USING (alias)),
        (SELECT count(*) FROM jobs WHERE queue = 'cleanup')
"""


class KillAtWork(ProcessProtocol):
    """Kills the child once it has acknowledged enough.

    :ivar ended: fires with the numbers that it acknowledged in whole lines.
    """

    def __init__(self) -> None:
        self.ended: Deferred[list[int]] = Deferred()
        self._output = b""
        self._errors = b""

    def outReceived(self, data: bytes) -> None:
        """Acknowledgements."""
        self._output += data
        if self._output.count(b"\n") >= ENOUGH and self.transport is not None:
            self.transport.signalProcess("KILL")

    def errReceived(self, data: bytes) -> None:
        """Why it died of itself, if it did."""
        self._errors += data

    def processEnded(self, reason: Failure) -> None:
        """Killed."""
        if self._errors:
            self.ended.errback(RuntimeError(self._errors.decode()))
        else:
            lines = self._output.split(b"\n")[:-1]
            self.ended.callback([int(line) for line in lines])


class CrashTests(TestCase):
    """``kill -9``."""

    timeout = 60

    async def test_acknowledged_writes_survive(self) -> None:
        """Every one of them, whole, in a database that is intact; no step is there in part."""
        path = Path(self.mktemp()).absolute()
        protocol = KillAtWork()
        IReactorProcess(reactor).spawnProcess(
            protocol,
            sys.executable,
            [sys.executable, "-m", "tests.repo.writing_child", str(path)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        acknowledged = await protocol.ended
        self.assertGreaterEqual(len(acknowledged), ENOUGH)
        await self.check_content(path, acknowledged)
        with closing(sqlite3.connect(path)) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(connection.execute("PRAGMA foreign_key_check").fetchall(), [])
            self.check_steps(connection)

    async def check_content(self, path: Path, numbers: list[int]) -> None:
        """What was published is there; what expired is not."""
        repo = SqliteRepo(path, IReactorThreads(reactor))
        await repo.open()
        for number in numbers:
            await (self.check_gone if number % EXPIRING == 0 else self.check_there)(repo, number)
        await repo.close()

    async def check_there(self, repo: SqliteRepo, number: int) -> None:
        """Alias, record, details, the URL and the result of the upload."""
        naming = naming_of(f"alias-{number}")
        found = await repo.aliases.find(naming.alias)
        assert found is not None, number
        self.assertEqual((found.record, found.details), (record_of(number), details_at(number)))
        self.assertEqual(await repo.proxies.find(url_of(number)), naming.alias)
        upload = await repo.uploads.find(f"upload-{number}")
        assert upload is not None, number
        self.assertEqual(upload.result, Uploaded(naming.alias, naming.token))

    async def check_gone(self, repo: SqliteRepo, number: int) -> None:
        """None of it."""
        self.assertIsNone(await repo.uploads.find(f"upload-{number}"))
        self.assertIsNone(await repo.proxies.find(url_of(number)))
        self.assertIsNone(await repo.aliases.find(Alias(f"alias-{number}")))
        self.assertFalse(await repo.refers_to(record_of(number).identifier))

    def check_steps(self, connection: sqlite3.Connection) -> None:
        """Also of what was not acknowledged: each upload began with its job, let go of its raw
        bytes when it was published, and of its original when it expired."""
        ((begun, pending, published, named, proxied, doomed),) = connection.execute(COUNTS)
        expired = begun - pending - published
        self.assertEqual((named, proxied), (published, published))
        self.assertEqual(doomed, published + 2 * expired)
