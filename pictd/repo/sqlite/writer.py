"""Writing: one thread, one connection, many steps per commit.

How it works: callers hand in steps, plain functions that get the connection. The thread takes all
that wait, runs each inside a savepoint of its own, and commits once; only then does it answer. A
step that raises rolls back to its savepoint, so the others don't notice. Where the transaction
itself fails (disk full, I/O error), every step of the batch fails, and none has happened. While
one batch waits for the disk the next gathers: throughput grows with the load.

A caller who stops waiting (cancellation) withdraws a step that has not begun; one that has begun
goes through.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger
from twisted.python.failure import Failure

from pictd.errors import AliasAlreadyExists, RepoUnavailable, UploadGone, UrlAlreadyProxied
from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.sqlite.connection import unavailable
from pictd.repo.wakeups import Topic

T = TypeVar("T")
_BATCH = 1000
"""Most steps in one commit."""
MOST_WAITING = 20_000
"""Steps; beyond, callers are refused."""
_EXPECTED = (AliasAlreadyExists, UrlAlreadyProxied, UploadGone)
"""What a step may raise without anything being wrong with the server."""


@attrs.frozen
class Step:
    """What one step works with.

    :ivar news: what the step has news of: those who wait for it wake after the commit.
    :ivar pushes: how many jobs it pushed, by queue and whether their keys were free.
    """

    connection: sqlite3.Connection
    news: set[Topic] = attrs.field(factory=set)
    pushes: Counter[tuple[Queue, bool]] = attrs.field(factory=Counter)

    def execute(self, sql: str, *parameters: object) -> int:
        """:return: the number of rows that were changed."""
        return self.connection.execute(sql, parameters).rowcount

    def rows(self, sql: str, *parameters: object) -> Sequence[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(sql, parameters).fetchall()


Operation = Callable[[Step], T]
Turn = Callable[[], AbstractContextManager[None]]


@attrs.define(eq=False)
class _Entry(Generic[T]):
    """A step that waits, and later its outcome."""

    operation: Operation[T]
    answer: Deferred[T]
    withdrawn: bool = False
    outcome: T | Failure | None = None
    news: frozenset[Topic] = frozenset()
    pushes: Mapping[tuple[Queue, bool], int] = attrs.field(factory=dict)


class Writer:
    """Runs steps that write."""

    _log = Logger()

    def __init__(
        self,
        reactor: IReactorFromThreads,
        woken: Callable[[Iterable[Topic]], None],
        metrics: Metrics | None = None,
    ) -> None:
        """:param woken: called with the news of a commit.
        :param metrics: None: nobody reads them.
        """
        self._reactor = reactor
        self._woken = woken
        self._pushes = (metrics or Metrics()).pushes
        self._queue: SimpleQueue[_Entry[Any] | None] = SimpleQueue()
        self._waiting = 0
        self._running = False
        self._ended: Deferred[None] = Deferred()

    def start(self, connection: sqlite3.Connection, turn: Turn = nullcontext) -> None:
        """The connection is the thread's from here on; it closes it.

        :param turn: what each commit waits for; must last until it is done.
        """
        self._running, self._ended = True, Deferred()
        work = partial(self._work, connection, turn)
        Thread(target=work, name="pictd-sqlite", daemon=True).start()

    async def stop(self) -> None:
        """Finish what is queued, then close the connection. A second call does nothing."""
        if self._running:
            self._running = False
            self._queue.put(None)
            await self._ended

    def run(self, operation: Operation[T]) -> Deferred[T]:
        """Fires with what the step returned, once that is on the disk.

        :raise RepoUnavailable: the database failed, is not open, or too much waits for it; then
            nothing was written. Whatever else the step raises comes through.
        """
        if not self._running:
            raise RepoUnavailable("The database is not open")
        if self._waiting >= MOST_WAITING:
            raise RepoUnavailable(f"The database is too slow: {self._waiting} writes are waiting")
        self._waiting += 1
        answer: Deferred[T] = Deferred(lambda _: setattr(entry, "withdrawn", True))
        entry = _Entry(operation, answer)
        self._queue.put(entry)
        return answer

    def _work(self, connection: sqlite3.Connection, turn: Turn) -> None:
        """The thread."""
        going_on = True
        while going_on:
            batch, going_on = self._gather()
            _commit(connection, batch, turn)
            self._reactor.callFromThread(self._answer, batch)
        try:
            connection.close()
        except sqlite3.Error:
            self._log.failure("The database was not closed cleanly")
        self._reactor.callFromThread(self._ended.callback, None)

    def _gather(self) -> tuple[list[_Entry[Any]], bool]:
        """What waits, at least one unless it was the last; and whether there may be more."""
        batch: list[_Entry[Any]] = []
        entry = self._queue.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) == _BATCH or self._queue.empty():
                return batch, True
            entry = self._queue.get()
        return batch, False

    def _answer(self, batch: Sequence[_Entry[Any]]) -> None:
        """Back in the reactor's thread."""
        self._waiting -= len(batch)
        self._woken(frozenset[Topic]().union(*(entry.news for entry in batch)))
        for entry in batch:
            self._count(entry.pushes)
            if not entry.answer.called:
                entry.answer.callback(entry.outcome)
            elif isinstance(entry.outcome, Failure) and not entry.outcome.check(*_EXPECTED):
                self._log.failure("A write failed whose caller had left", entry.outcome)

    def _count(self, pushes: Mapping[tuple[Queue, bool], int]) -> None:
        for (queue, completed), count in pushes.items():
            self._pushes.add(count, queue=queue.value, completed=completed)


def _commit(connection: sqlite3.Connection, batch: Sequence[_Entry[Any]], turn: Turn) -> None:
    """Run the steps and commit; whatever goes wrong becomes the outcome of its steps."""
    try:
        with turn():
            _transact(connection, batch)
    except BaseException as error:
        _fail(batch, error)


def _transact(connection: sqlite3.Connection, batch: Sequence[_Entry[Any]]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for entry in batch:
            if not entry.withdrawn:
                _attempt(connection, entry)
        connection.execute("COMMIT")
    finally:
        _leave(connection)


def _attempt(connection: sqlite3.Connection, entry: _Entry[Any]) -> None:
    """One step, in its savepoint.

    :raise sqlite3.Error: SQLite gave up the whole transaction.
    """
    step = Step(connection)
    connection.execute("SAVEPOINT step")
    try:
        entry.outcome = entry.operation(step)
        entry.news, entry.pushes = frozenset(step.news), step.pushes
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO step")
        entry.outcome = _failure(error)
    connection.execute("RELEASE step")


def _fail(batch: Sequence[_Entry[Any]], error: BaseException) -> None:
    """Nothing of the batch was written, so what its steps found no longer holds either."""
    for entry in batch:
        entry.news, entry.pushes = frozenset(), {}
        entry.outcome = Failure(unavailable(error))


def _failure(error: Exception) -> Failure:
    if isinstance(error, sqlite3.Error):
        return Failure(unavailable(error))
    return Failure(error)


def _leave(connection: sqlite3.Connection) -> None:
    """Be outside of any transaction, so that the next batch can begin."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
