"""A program that uploads without end, and prints the number of what was acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads

from pictd.repo.sqlite.database import SqliteRepo
from tests.contracts.repo import details_at, naming_of, record_of

WRITERS = 8
EXPIRING = 5
"""Each upload whose number this divides expires as soon as it is published."""


def url_of(number: int) -> str:
    """What upload number so-and-so is proxied for."""
    return f"https://example.com/{number}.png"


async def write(repo: SqliteRepo, first: int) -> None:
    """Every eighth number."""
    for number in range(first, 2**16, WRITERS):
        id = f"upload-{number}"
        await repo.uploads.begin(id, f"raw/{number}", {"number": number}, number)
        naming = naming_of(f"alias-{number}", url_of(number), number, id)
        await repo.hashes.publish(record_of(number), details_at(number), naming)
        if number % EXPIRING == 0:
            await repo.uploads.expire(id, number + 1)
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
