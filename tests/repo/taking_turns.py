"""A program that writes a thousand times as fast as it can, beside others that do the same:
``python -m tests.repo.taking_turns DATABASE NAME`` prints the seconds of the longest wait."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads, IReactorTime
from twisted.python.failure import Failure

from pictd.repo.sqlite.database import SqliteRepo

WRITES = 1000


async def main() -> None:
    """One write after the other."""
    clock = IReactorTime(reactor)
    repo = SqliteRepo(Path(sys.argv[1]), IReactorThreads(reactor), None, True)
    await repo.open()
    longest = 0.0
    for number in range(WRITES):
        began = clock.seconds()
        await repo.settings.set(sys.argv[2], str(number).encode())
        longest = max(longest, clock.seconds() - began)
    await repo.close()
    sys.stdout.write(json.dumps(longest))


def end(result: Failure | None) -> None:
    """With what went wrong."""
    if result is not None:
        result.printTraceback()
    IReactorCore(reactor).stop()


if __name__ == "__main__":
    IReactorCore(reactor).callWhenRunning(lambda: Deferred.fromCoroutine(main()).addBoth(end))
    IReactorCore(reactor).run()
