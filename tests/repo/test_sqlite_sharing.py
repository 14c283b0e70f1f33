"""Several processes that work on one database at the same time."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.task import Clock
from twisted.internet.utils import getProcessOutput
from twisted.trial.unittest import TestCase

from pictd.model.records import Queue
from pictd.repo.sqlite.database import SqliteRepo
from pictd.repo.sqlite.reader import Reader
from pictd.repo.sqlite.turns import Turns
from pictd.repo.sqlite.watching import LOOK_EVERY, Watching
from pictd.repo.wakeups import Wakeups
from tests.contracts.repo import details_at, naming_of, record_of
from tests.support.waiting import until

PROCESSES = 3


class SharingTests(TestCase):
    """``SqliteRepo(shared=True)``."""

    timeout = 60

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()

    async def opened(self, shared: bool = True) -> SqliteRepo:
        """A repo as another process would have it; closed after the test."""
        repo = SqliteRepo(self.path, IReactorThreads(reactor), shared=shared)
        await repo.open()
        self.addCleanup(lambda: Deferred.fromCoroutine(repo.close()))
        return repo

    async def test_a_job_of_another_process_wakes(self) -> None:
        """Whoever waits for work hears of it without looking."""
        waiting, pushing = await self.opened(), await self.opened()
        heard = Deferred.fromCoroutine(waiting.jobs.wait(Queue.PROCESS))
        await pushing.jobs.push(Queue.PROCESS, {}, 0)
        await heard

    async def test_an_upload_of_another_process_wakes(self) -> None:
        """Whoever waits for its result hears of its completion."""
        waiting, working = await self.opened(), await self.opened()
        await working.uploads.begin("id", "raw", {}, 1)
        heard = Deferred.fromCoroutine(waiting.uploads.wait("id"))
        naming = naming_of("alias", None, 1, "id")
        await working.hashes.publish(record_of(1), details_at(1), naming)
        await heard
        upload = await waiting.uploads.find("id")
        assert upload is not None
        self.assertIsNotNone(upload.result)

    async def test_nothing_new_wakes_nobody(self) -> None:
        """However often one looks."""
        await self.opened()
        looking, wakeups, clock = Reader(self.path, IReactorThreads(reactor)), Wakeups(), Clock()
        looking.open()
        self.addCleanup(looking.close)
        watching = Watching(looking, wakeups, clock)
        watching.start()
        waiting = wakeups.wait("id")
        clock.pump([LOOK_EVERY] * 3)
        self.assertNoResult(waiting)
        with closing(sqlite3.connect(self.path)) as other, other:
            other.execute("INSERT INTO settings VALUES ('a', x'00')")
        clock.advance(LOOK_EVERY)
        self.successResultOf(waiting)
        watching.stop()
        self.assertEqual(clock.getDelayedCalls(), [])

    async def test_an_only_process_has_no_file_for_turns(self) -> None:
        """It waits for nobody."""
        await self.opened(shared=False)
        self.assertFalse(self.turns.exists())

    async def test_all_may_start_at_once(self) -> None:
        """Where there is no database yet, too."""
        repos = [SqliteRepo(self.path, IReactorThreads(reactor), shared=True) for _ in range(8)]
        await gatherResults([Deferred.fromCoroutine(repo.open()) for repo in repos])
        for repo in repos:
            await repo.check()
            await repo.close()

    async def test_all_may_write_at_once(self) -> None:
        """As fast as they can: every write goes through."""
        await self.opened()
        await gatherResults([self.writing(f"{number}", 1000) for number in range(PROCESSES)])
        repo = await self.opened()
        for number in range(PROCESSES):
            self.assertEqual(await repo.settings.get(f"{number}"), b"999")

    async def test_nobody_writes_twice_while_another_waits(self) -> None:
        """Who asks again stands behind those who asked before."""
        repo, turns = await self.opened(), Turns(self.path)
        self.addCleanup(turns.close)
        with turns.taken():
            writing = self.writing("other", 1)
            await until(self.somebody_waits, 30, lambda: "nobody asks for a turn")
        with turns.taken():
            self.assertEqual(await repo.settings.get("other"), b"0")
        await writing

    async def somebody_waits(self) -> bool:
        """For the lock on the file of turns."""
        file = f":{self.turns.stat().st_ino} "
        lines = Path("/proc/locks").read_text().splitlines()
        return any("->" in line and file in line for line in lines)

    @property
    def turns(self) -> Path:
        """The file of turns."""
        return self.path.with_name(f"{self.path.name}-turns")

    def writing(self, name: str, count: int) -> Deferred[bytes]:
        """Another process that writes; it fails where that says anything."""
        command = ["-m", "tests.repo.taking_turns", str(self.path), name, str(count)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        output: Deferred[bytes] = getProcessOutput(sys.executable, command, environment)
        return output
