"""Steps: each one transaction, on a connection of its own.

How it works: a step is a coroutine function that gets a ``Step`` to query with. It waits for its
turn, and then runs to its end whether or not its caller still waits: cancelling withdraws only a
step that has not begun. Two steps that stood in each other's way are settled by the server, which
undoes one of them; that one is begun anew. Those who wait for what a step has news of are woken
after its commit.

A step whose connection breaks while it commits fails with ``OutcomeUnknown``, for the server may
have committed it. Every other failure means that nothing was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import attrs
from psycopg2 import DataError
from psycopg2.extensions import QueryCanceledError
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure
from txpostgres.txpostgres import Cursor

from pictd.errors import (
    AliasAlreadyExists,
    BadRequest,
    OutcomeUnknown,
    RepoUnavailable,
    UploadGone,
    UrlAlreadyProxied,
)
from pictd.figures import Ended
from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.postgres.failures import FAILURES, REPEATABLE, told, translated
from pictd.repo.postgres.link import STATEMENT_LIMIT, Link
from pictd.repo.postgres.pool import Pool
from pictd.repo.wakeups import Topic

T = TypeVar("T")
Row = tuple[Any, ...]

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_ATTEMPTS = 5
_SILENCE = 2.0 * STATEMENT_LIMIT
"""Seconds after which a connection on which a step has not ended is given up for dead."""
_LONG_SILENCE = 4 * 3600.0
"""As long as the first step may take, which builds indexes."""
_EXPECTED = (AliasAlreadyExists, UrlAlreadyProxied, UploadGone, BadRequest)
"""What a step may raise without anything being wrong with the server."""


@attrs.frozen
class Step:
    """What one step works with.

    :ivar news: what the step has news of.
    :ivar pushes: how many jobs it pushed, by queue and whether their keys were free.
    """

    cursor: Cursor
    news: set[Topic] = attrs.field(factory=set)
    pushes: Counter[tuple[Queue, bool]] = attrs.field(factory=Counter)

    async def execute(self, sql: str, *parameters: object) -> int:
        """:return: the number of rows that were changed."""
        await self._ask(sql, parameters)
        return int(self.cursor.rowcount)

    async def rows(self, sql: str, *parameters: object) -> Sequence[Row]:
        """All rows of a query, or of what a statement returns."""
        await self._ask(sql, parameters)
        return self.cursor.fetchall()  # type: ignore[no-any-return]

    async def _ask(self, sql: str, parameters: Sequence[object]) -> None:
        try:
            await self.cursor.execute(sql, parameters or None)
        except ValueError as error:  # the driver can't spell a NUL, nor half a character
            raise DataError(str(error)) from error
        except CancelledError as error:  # the driver's word for it; nobody cancels from this side
            raise QueryCanceledError("the server gave up a statement") from error


Operation = Callable[[Step], Awaitable[T]]
Work = Callable[[Link], Coroutine[Any, Any, T]]


class Sessions:
    """Runs steps.

    :ivar reactor: tells the time.
    """

    _log = Logger()

    def __init__(
        self,
        pool: Pool,
        reactor: Any,
        woken: Callable[[Iterable[Topic]], None],
        metrics: Metrics | None = None,
    ) -> None:
        """:param woken: called with the news of a commit.
        :param metrics: None: nobody reads them.
        """
        self._pool = pool
        self.reactor = reactor
        self._woken = woken
        self._pushes = (metrics or Metrics()).pushes
        self._running: set[Deferred[Any]] = set()
        self._open = False

    async def open(self, first: Operation[None]) -> None:
        """Run a first step, and accept others once it is done.

        :raise RepoUnavailable: it failed; the call may be repeated.
        """
        got = await self._pool.turn()
        await self._begun(lambda link: self._persist(link, _BEGIN, first), got, _LONG_SILENCE)
        self._open = True

    async def close(self) -> None:
        """Accept no more, and end what has begun. A second call does nothing."""
        self._open = False
        await DeferredList([_echo(each) for each in self._running])
        self._pool.close()

    async def run(self, operation: Operation[T]) -> T:
        """What the step returned, once that is on the server's disk.

        :raise RepoUnavailable: the database failed, is not open, or too much waits for it.
            Whatever else the step raises comes through.
        """
        return await self._accepted(lambda link: self._persist(link, _BEGIN, operation))

    async def snapshot(self, operation: Operation[T]) -> T:
        """Several look-ups that see one state."""
        return await self._accepted(lambda link: self._persist(link, _SNAPSHOT, operation))

    async def rows(self, sql: str, *parameters: object) -> Sequence[Row]:
        """One look-up. Text that can't be in the database finds nothing."""
        try:
            return await self._accepted(lambda link: _query(link, sql, parameters))
        except BadRequest:
            return ()

    async def execute(self, sql: str, *parameters: object) -> int:
        """A step of one statement; the number of rows that were changed."""
        return await self.run(lambda step: step.execute(sql, *parameters))

    async def _accepted(self, work: Work[T]) -> T:
        self._check_open()
        got = await self._pool.turn()
        try:
            self._check_open()
        except RepoUnavailable:
            self._pool.pass_on()
            raise
        return await self._begun(work, got)

    async def _begun(self, work: Work[T], got: Ended, silence: float = _SILENCE) -> T:
        begun = Deferred.fromCoroutine(self._in_turn(work, got, silence))
        self._running.add(begun)
        answer: Deferred[T] = Deferred()
        begun.addBoth(self._answer, begun, answer)
        return await answer

    async def _in_turn(self, work: Work[T], got: Ended, silence: float) -> T:
        """To the end, whoever still waits for it."""
        try:
            with translated():
                link = await self._pool.take(got)
                watch = self.reactor.callLater(silence, link.close)
                try:
                    return await work(link)
                finally:
                    if watch.active():
                        watch.cancel()
                    self._pool.give_back(link)
        finally:
            self._pool.pass_on()

    async def _persist(self, link: Link, begin: str, operation: Operation[T]) -> T:
        for _ in range(_ATTEMPTS - 1):
            with suppress(REPEATABLE):
                return await self._transact(link, begin, operation)
        return await self._transact(link, begin, operation)

    async def _transact(self, link: Link, begin: str, operation: Operation[T]) -> T:
        step = Step(link.cursor())
        await step.execute(begin)
        try:
            value = await operation(step)
            await _commit(step)
        except BaseException:
            await _undo(link)
            raise
        for (queue, completed), count in step.pushes.items():
            self._pushes.add(count, queue=queue.value, completed=completed)
        self._woken(step.news)
        return value

    def _check_open(self) -> None:
        if not self._open:
            raise RepoUnavailable("The database is not open")

    def _answer(
        self, outcome: T | Failure, begun: Deferred[Any], answer: Deferred[T]
    ) -> T | Failure | None:
        self._running.discard(begun)
        if not answer.called:
            answer.callback(outcome)
        elif isinstance(outcome, Failure) and not outcome.check(*_EXPECTED):
            self._log.failure("A step failed whose caller had left", outcome)
        return None


async def _query(link: Link, sql: str, parameters: Sequence[object]) -> Sequence[Row]:
    """Outside of any transaction: one round trip."""
    return await Step(link.cursor()).rows(sql, *parameters)


async def _commit(step: Step) -> None:
    try:
        await step.execute("COMMIT")
    except REPEATABLE:
        raise
    except FAILURES as error:
        raise OutcomeUnknown(f"{OutcomeUnknown.text}: {told(error)}") from error


async def _undo(link: Link) -> None:
    """A connection whose transaction can't be undone is of no use to others."""
    if link.closed:
        return
    try:
        await link.cursor().execute("ROLLBACK")
    except FAILURES:
        link.close()


def _echo(begun: Deferred[Any]) -> Deferred[None]:
    """Fires after it; a Deferred has one awaiter."""
    echo: Deferred[None] = Deferred()

    def tell(outcome: Any) -> Any:
        echo.callback(None)
        return outcome

    begun.addBoth(tell)
    return echo
