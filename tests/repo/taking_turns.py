"""A program that writes beside others that do the same.

``python -m tests.repo.taking_turns DATABASE NAME COUNT`` sets a setting as fast as it can.
"""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads
from twisted.python.failure import Failure

from pictd.repo.sqlite.database import SqliteRepo


async def main() -> None:
    """One write after the other."""
    _, database, name, count = sys.argv
    repo = SqliteRepo(Path(database), IReactorThreads(reactor), shared=True)
    await repo.open()
    for number in range(int(count)):
        await repo.settings.set(name, str(number).encode())
    await repo.close()


def end(result: Failure | None) -> None:
    """With what went wrong."""
    if result is not None:
        result.printTraceback()
    IReactorCore(reactor).stop()


if __name__ == "__main__":
    IReactorCore(reactor).callWhenRunning(lambda: Deferred.fromCoroutine(main()).addBoth(end))
    IReactorCore(reactor).run()
