"""Steps that write share commits, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IReactorFromThreads
from twisted.trial.unittest import TestCase

from pictd.errors import AliasAlreadyExists, RepoUnavailable
from pictd.metrics import Metrics
from pictd.model.records import Queue
from pictd.repo.sqlite import writer
from pictd.repo.sqlite.connection import open_writer
from pictd.repo.sqlite.writer import Step, Writer
from pictd.repo.wakeups import Topic
from tests.support.figures import figure

TABLES = (
    "CREATE TABLE things (thing PRIMARY KEY)",
    "CREATE TABLE parts (of REFERENCES things DEFERRABLE INITIALLY DEFERRED)",
)


def insert(thing: object) -> Callable[[Step], int]:
    """A step that adds a row."""
    return lambda step: step.execute("INSERT INTO things VALUES (?)", thing)


def broken_at_commit(step: Step) -> None:
    """A step that succeeds, and whose commit can't."""
    step.execute("INSERT INTO parts VALUES ('of nothing')")


def refuse(step: Step) -> None:
    """A step that writes, and then finds that it must not."""
    insert("refused")(step)
    raise AliasAlreadyExists


def die(step: Step) -> None:
    """A step that would end the thread."""
    raise SystemExit


class WriterTests(TestCase):
    """A database file with two tables."""

    def setUp(self) -> None:
        """A writer at work."""
        path = Path(self.mktemp())
        path.touch()
        connection = open_writer(path)
        for table in TABLES:
            connection.execute(table)
        self.statements: list[str] = []
        connection.set_trace_callback(self.statements.append)
        self.woken: list[Topic] = []
        self.metrics = Metrics()
        self.writer = Writer(IReactorFromThreads(reactor), self.wake, self.metrics)
        self.writer.start(connection)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.writer.stop()))
        self.other = sqlite3.connect(path, isolation_level=None)
        self.addCleanup(self.other.close)

    def wake(self, topics: Iterable[Topic]) -> None:
        """Who waits for news."""
        self.woken.extend(topics)

    def things(self) -> list[object]:
        """What another process would see."""
        return [thing for (thing,) in self.other.execute("SELECT thing FROM things ORDER BY 1")]

    def hold(self) -> Event:
        """Keep the writer busy until the event, so that the steps that follow form one batch."""
        begun, event = Event(), Event()

        def wait(step: Step) -> None:
            begun.set()
            event.wait(60)

        self.writer.run(wait)
        begun.wait(60)
        return event

    async def test_answers_when_it_is_on_the_disk(self) -> None:
        """What the step returned; others see what it wrote."""
        self.assertEqual(await self.writer.run(insert("a")), 1)
        self.assertEqual(self.things(), ["a"])

    async def test_steps_share_a_commit(self) -> None:
        """Those that wait while another is at work."""
        event = self.hold()
        waiting = [self.writer.run(insert(number)) for number in range(50)]
        event.set()
        await gatherResults(waiting)
        self.assertEqual(self.things(), list(range(50)))
        self.assertEqual(self.statements.count("COMMIT"), 2)

    async def test_a_step_fails_alone(self) -> None:
        """The steps before and after it, in the same commit, don't notice."""
        event = self.hold()
        before, refused, wrong, after = [
            self.writer.run(step) for step in (insert(1), refuse, insert(1), insert(2))
        ]
        event.set()
        await before
        await self.assertFailure(refused, AliasAlreadyExists)
        error = await self.assertFailure(wrong, RepoUnavailable)
        await after
        self.assertIn("UNIQUE constraint failed", str(error))
        self.assertEqual(self.things(), [1, 2])

    async def test_a_commit_fails_for_all(self) -> None:
        """Nothing of the batch is written, everybody is told, and the next batch works."""
        event = self.hold()
        batch = [self.writer.run(step) for step in (insert(1), broken_at_commit, refuse)]
        event.set()
        for answer in batch:
            await self.assertFailure(answer, RepoUnavailable)
        self.assertEqual(self.things(), [])
        await self.writer.run(insert(2))
        self.assertEqual(self.things(), [2])

    async def test_a_transaction_that_is_lost(self) -> None:
        """A step that ends the transaction takes its batch along."""
        event = self.hold()
        batch = [
            self.writer.run(insert(1)),
            self.writer.run(lambda step: step.execute("INSERT OR ROLLBACK INTO things VALUES (1)")),
            self.writer.run(insert(2)),
        ]
        event.set()
        for answer in batch:
            await self.assertFailure(answer, RepoUnavailable)
        self.assertEqual(self.things(), [])

    async def test_a_full_disk(self) -> None:
        """The error says so; the database is intact; with space again, writing goes on."""
        await self.writer.run(insert("before"))
        await self.writer.run(lambda step: step.execute("PRAGMA max_page_count = 10"))
        error = await self.assertFailure(self.writer.run(insert("x" * 100_000)), RepoUnavailable)
        self.assertIn("full", str(error))
        self.assertEqual(self.other.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        await self.writer.run(lambda step: step.execute("PRAGMA max_page_count = 1000000"))
        await self.writer.run(insert("y" * 100_000))
        self.assertEqual(len(self.things()), 2)

    async def test_another_process_writes(self) -> None:
        """The writer waits for it."""
        self.other.execute("BEGIN IMMEDIATE")
        self.other.execute("INSERT INTO things VALUES (1)")
        ours = self.writer.run(insert(2))
        self.other.execute("COMMIT")
        await ours
        self.assertEqual(self.things(), [1, 2])

    async def test_the_thread_survives_everything(self) -> None:
        """A step that raises what nobody expects fails like any other."""
        await self.assertFailure(self.writer.run(die), RepoUnavailable)
        await self.writer.run(insert(1))

    async def test_a_caller_leaves_before_the_step(self) -> None:
        """The step does not happen."""
        event = self.hold()
        leaving = self.writer.run(insert(1))
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        event.set()
        await self.writer.run(insert(2))
        self.assertEqual(self.things(), [2])

    async def test_a_caller_leaves_during_the_step(self) -> None:
        """The step happens."""
        begun, event = Event(), Event()

        def slow(step: Step) -> None:
            begun.set()
            event.wait(60)
            insert(1)(step)

        leaving = self.writer.run(slow)
        begun.wait(60)
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        event.set()
        await self.writer.run(insert(2))
        self.assertEqual(self.things(), [1, 2])

    async def test_no_error_is_lost(self) -> None:
        """Where the caller has left, a failure of the database is logged."""
        begun, event = Event(), Event()

        def slow(step: Step) -> None:
            begun.set()
            event.wait(60)
            raise sqlite3.OperationalError("disk I/O error")

        leaving = self.writer.run(slow)
        begun.wait(60)
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        event.set()
        await self.writer.run(insert(1))
        (logged,) = self.flushLoggedErrors(RepoUnavailable)
        self.assertIn("disk I/O error", logged.getErrorMessage())

    async def test_too_many_wait(self) -> None:
        """Memory is bounded: the next caller is refused, and later ones are not."""
        event = self.hold()
        waiting = [self.writer.run(lambda step: None) for _ in range(writer.MOST_WAITING - 1)]
        with self.assertRaises(RepoUnavailable):
            await self.writer.run(insert(1))
        event.set()
        await gatherResults(waiting)
        await self.writer.run(insert(2))
        self.assertEqual(self.things(), [2])

    async def test_stop_finishes_what_waits(self) -> None:
        """What was accepted is written; nothing is accepted after."""
        event = self.hold()
        waiting = self.writer.run(insert(1))
        stopping = Deferred.fromCoroutine(self.writer.stop())
        event.set()
        await waiting
        await stopping
        self.assertEqual(self.things(), [1])
        with self.assertRaises(RepoUnavailable):
            await self.writer.run(insert(2))

    async def test_wakes_after_the_commit(self) -> None:
        """Those who wait for what a step has news of."""

        def push(step: Step) -> None:
            step.news.update([Queue.PROCESS, "an upload"])

        await self.writer.run(push)
        self.assertEqual(set(self.woken), {Queue.PROCESS, "an upload"})

    async def test_a_failed_step_wakes_nobody(self) -> None:
        """What it pushed is not there."""

        def push(step: Step) -> None:
            step.news.add(Queue.PROCESS)
            raise AliasAlreadyExists

        await self.assertFailure(self.writer.run(push), AliasAlreadyExists)
        self.assertEqual(self.woken, [])

    async def test_counts_what_was_pushed(self) -> None:
        """Once it is on the disk; not what a step or a commit took back."""

        def push(step: Step) -> None:
            step.pushes[Queue.PROCESS, True] += 2

        def push_and_fail(step: Step) -> None:
            push(step)
            raise AliasAlreadyExists

        await self.writer.run(push)
        await self.assertFailure(self.writer.run(push_and_fail), AliasAlreadyExists)
        event = self.hold()
        lost = [self.writer.run(step) for step in (push, broken_at_commit)]
        event.set()
        for answer in lost:
            await self.assertFailure(answer, RepoUnavailable)
        self.assertEqual(figure(self.metrics.registry, "pict_rs_queue_push", queue="process"), 2)
