"""How many jobs a second are queued and worked off, on SQLite.

``python -m bench.queues FOLDER JOBS`` prints it. It runs as a process of its own, for a reactor
runs once.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater, react

from bench.processes import output_of
from bench.table import Goal, Row
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.worker import Worker
from pictd.model.records import Queue
from pictd.repo.sqlite import schema
from pictd.repo.sqlite.connection import create_file, open_writer
from pictd.repo.sqlite.database import SqliteRepo
from pictd.store.filesystem import FilesystemStore

JOBS = 2000
WORKERS = 2
# Seconds between looks at the queue.
LOOK = 0.01

# How much of SQLite's own speed is to be left: both wait for the disk most of the time, and pictd
# looks for references and bytes in between.
TARGET = 0.2
NOTES = """\
  jobs        the same statements in SQLite alone: all queued in one commit, and of each job three
              commits, to take it, to remove the details of its bytes, and to end it"""


def row(folder: Path) -> Row:
    """Clean-up jobs that find their bytes gone already, so that the queue itself is measured."""
    figure = float(output_of("queues", str(folder), str(JOBS)))
    floor = bare(folder / "bare-queue.sqlite3")
    return Row("jobs queued and worked off", "/s", figure, floor, Goal.AT_LEAST, TARGET)


def payload(number: int) -> object:
    """Of a job."""
    return {"Identifier": {"identifier": f"gone/{number}.png"}}


async def worked_off(reactor: Any, folder: Path, count: int) -> float:
    """Jobs a second, from the first push to the last end."""
    repo = SqliteRepo(folder / "queue.sqlite3", reactor)
    await repo.open()
    duties = Cleanup(repo, FilesystemStore(folder / "queue-files", reactor), reactor).duties()
    workers = [Worker(repo, Queue.CLEANUP, duties, reactor) for _ in range(WORKERS)]
    began = time.perf_counter()
    for worker in workers:
        worker.startService()
    pushes = [repo.jobs.push(Queue.CLEANUP, payload(number), 0) for number in range(count)]
    await gatherResults([Deferred.fromCoroutine(each) for each in pushes])
    while await repo.jobs.length(Queue.CLEANUP):
        await deferLater(reactor, LOOK)
    seconds = time.perf_counter() - began
    await gatherResults([worker.stopService() or Deferred() for worker in workers])
    await repo.close()
    return count / seconds


def bare(path: Path) -> float:
    """The same, without pictd but for its tables."""
    create_file(path)
    with closing(open_writer(path)) as database:
        schema.upgrade(database, schema.scripts())
        began = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        for number in range(JOBS):
            push = "INSERT INTO jobs (queue, payload, due) VALUES ('cleanup', ?, 0)"
            database.execute(push, (str(payload(number)),))
        database.execute("COMMIT")
        for _ in range(JOBS):
            next_one = "SELECT id FROM jobs WHERE queue = 'cleanup' ORDER BY due, id LIMIT 1"
            job = database.execute(next_one).fetchone()
            database.execute("UPDATE jobs SET worker = 'bare' WHERE id = ?", job)
            database.execute("DELETE FROM details WHERE identifier = ?", job)
            database.execute("DELETE FROM jobs WHERE id = ?", job)
        return JOBS / (time.perf_counter() - began)


async def report(reactor: Any, folder: str, count: str) -> None:
    """As the command line says."""
    print(await worked_off(reactor, Path(folder), int(count)))


if __name__ == "__main__":
    react(lambda reactor, *words: Deferred.fromCoroutine(report(reactor, *words)), sys.argv[1:])
