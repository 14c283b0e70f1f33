"""Whatever happens in whichever order: no alias is lost, none shows other content, nothing is left.

``PICTD_TEST_EXAMPLES=100000`` tries that many random histories instead of the same few.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.errors import MediaFailed, UploadGone
from pictd.interfaces.repos import IRepo
from pictd.repo.memory import MemoryRepo
from pictd.repo.sqlite.database import SqliteRepo
from tests.properties.machine import PAGES, Races
from tests.properties.threads import AwaitedThreads
from tests.properties.waiting import ASKED_FOR
from tests.properties.world import Ground, ListedStore

MEMORY = Path("/dev/shm")
EXAMPLES = int(os.environ.get("PICTD_TEST_EXAMPLES", "0"))


class RacesTests(SynchronousTestCase):
    """Random histories of a server on either repo."""

    def setUp(self) -> None:
        """A folder for all of them: in memory, where there is such a place, for nothing here is
        about disks."""
        self.folder = Path(mkdtemp(prefix="pictd-test-", dir=MEMORY if MEMORY.is_dir() else None))
        self.addCleanup(rmtree, self.folder)
        self.numbers = count()
        self.threads = AwaitedThreads()

    def test_memory(self) -> None:
        """Facts in memory."""
        self.race(self.memory, 100)

    def test_sqlite(self) -> None:
        """Facts in SQLite."""
        self.race(self.sqlite, 30)

    def race(self, ground: Callable[[], Ground], examples: int) -> None:
        """Try histories, each on ground of its own."""
        chosen = settings(
            derandomize=not EXAMPLES,
            max_examples=EXAMPLES or examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(cast(Any, lambda: Races(ground())), settings=chosen)
        self.flushLoggedErrors(*ASKED_FOR, MediaFailed, UploadGone)  # of work that nobody awaits

    def memory(self) -> Ground:
        """On which every process opens the same repo."""
        repo = MemoryRepo()
        return self.ground(lambda: repo)

    def sqlite(self) -> Ground:
        """On which every process opens the same database."""
        path = self.folder / f"{next(self.numbers)}.sqlite3"
        return self.ground(lambda: self.opened(path))

    def opened(self, path: Path) -> IRepo:
        """The database."""
        repo = SqliteRepo(path, self.threads)
        self.threads.finish(repo.open())
        return repo

    def ground(self, open_repo: Callable[[], IRepo]) -> Ground:
        """Nothing is stored yet; the clock begins at a day that every promise can name."""
        time = Clock()
        time.advance(1_700_000_000)
        store = ListedStore(time, self.folder / "files")
        scratch = self.folder / "scratch"
        return Ground(self.threads.finish, open_repo, scratch, time, store, PAGES)
