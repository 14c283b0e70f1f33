"""A program that publishes without end, and prints the number of what was acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads

from pictd.model.alias import Alias
from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import details_at, record_of, token_of

WRITERS = 8


async def write(repo: SqliteRepo, first: int) -> None:
    """Every eighth number."""
    for number in range(first, 2**16, WRITERS):
        alias = Alias(f"alias-{number}")
        await repo.hashes.publish(
            record_of(number), details_at(number), alias, token_of(str(alias))
        )
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


async def main() -> None:
    """Until it is killed."""
    repo = SqliteRepo(Path(sys.argv[1]), IReactorThreads(reactor))
    await repo.open()
    for first in range(1, WRITERS + 1):
        Deferred.fromCoroutine(write(repo, first))


if __name__ == "__main__":
    IReactorCore(reactor).callWhenRunning(lambda: Deferred.fromCoroutine(main()))
    IReactorCore(reactor).run()
