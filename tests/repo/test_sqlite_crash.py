"""A process that is killed loses nothing that it acknowledged."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorThreads
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from pictd.model.alias import Alias
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import details_at, record_of

ENOUGH = 300


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
        """Every one of them, whole, in a database that is intact."""
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
        with sqlite3.connect(path) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(connection.execute("PRAGMA foreign_key_check").fetchall(), [])
        connection.close()

    async def check_content(self, path: Path, numbers: list[int]) -> None:
        """Alias, record and details are all there."""
        repo = SqliteRepo(path, IReactorThreads(reactor))
        await repo.open()
        for number in numbers:
            found = await repo.aliases.find(Alias(f"alias-{number}"))
            assert found is not None, number
            self.assertEqual((found.record, found.details), (record_of(number), details_at(number)))
        await repo.close()
