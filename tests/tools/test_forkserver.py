"""Imaging through real children: answers, deaths, deadlines, cancellation, stopping."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from zope.interface.verify import verifyObject

from pictd.errors import (
    MediaFailed,
    MediaTimeout,
    MediaTooExpensive,
    OperationImpossible,
    Overloaded,
    PictdError,
    UnreadableMedia,
    UnsupportedMedia,
)
from pictd.interfaces.media import IImaging
from pictd.metrics import Metrics
from pictd.tools.forkserver import ForkServerImaging
from tests.support.figures import figure
from tests.tools.children import ChildrenTestCase, children_of, running


def server_of(imaging: ForkServerImaging) -> int:
    """Process id of the fork server."""
    assert imaging._connection is not None
    pid = imaging._connection._process.pid
    assert pid is not None
    return pid


class AnswerTests(ChildrenTestCase):
    """What a task answers, and what its failure is called."""

    async def assert_fails(self, error: type[PictdError], task: str, **arguments: Any) -> str:
        """The task fails with exactly this error; the next one works, and no child is left."""
        imaging = self.imaging(seconds=arguments.pop("seconds", 20))
        with self.assertRaises(error) as caught:
            await self.do(imaging, task, **arguments)
        self.assertIs(type(caught.exception), error)
        self.assertEqual(await self.do(imaging, "echo", a=1), {"echo": {"a": 1}})
        self.assertEqual(children_of(server_of(imaging)), [])
        return str(caught.exception)

    def test_interface(self) -> None:
        """The fork server is an imaging."""
        verifyObject(IImaging, self.imaging())

    async def test_answer(self) -> None:
        """The task's object comes back."""
        answer = await self.do(self.imaging(), "echo", text="ü", list=[1, None, {"a": 1.5}])
        self.assertEqual(answer, {"echo": {"text": "ü", "list": [1, None, {"a": 1.5}]}})

    async def test_children_are_counted(self) -> None:
        """By the name of their task, and how they end; one that says why it can't is complete."""
        metrics = Metrics()
        imaging = self.imaging(metrics)
        await self.do(imaging, "echo")
        with self.assertRaises(UnreadableMedia):
            await self.do(imaging, "raises", name="Unreadable", text="torn")
        with self.assertRaises(MediaTooExpensive):
            await self.do(imaging, "abort")
        for task, completed in (("echo", "true"), ("raises", "true"), ("abort", "false")):
            labels = {"command": task, "completed": completed}
            self.assertEqual(figure(metrics.registry, "pict_rs_process_end", **labels), 1, task)
        self.assertEqual(figure(metrics.registry, "pictd_children_cpu_seconds_count"), 3)

    async def test_answers_do_not_mix(self) -> None:
        """Many at once each get their own."""
        imaging = self.imaging()
        begun = [self.begin(self.do(imaging, "echo", number=each)) for each in range(20)]
        found = [await each for each in begun]
        self.assertEqual(found, [{"echo": {"number": each}} for each in range(20)])

    async def test_unreadable(self) -> None:
        """A broken input is the client's matter, in the task's words."""
        text = await self.assert_fails(UnreadableMedia, "raises", name="Unreadable", text="torn")
        self.assertEqual(text, "torn")

    async def test_unsupported(self) -> None:
        """So is an input of another kind."""
        await self.assert_fails(UnsupportedMedia, "raises", name="Unsupported", text="bmp")

    async def test_impossible(self) -> None:
        """So is an operation that can't be carried out."""
        await self.assert_fails(OperationImpossible, "raises", name="Impossible", text="crop")

    async def test_words_are_bounded(self) -> None:
        """A long text with control characters becomes one short printable line."""
        text = "\x1b[31m\n" + "x" * 10_000
        told = await self.assert_fails(UnreadableMedia, "raises", name="Unreadable", text=text)
        self.assertTrue(told.isprintable())
        self.assertLessEqual(len(told), 500)

    async def test_other_errors(self) -> None:
        """An error that no task should raise is ours, and its trace is in the log."""
        await self.assert_fails(MediaFailed, "raises", name="KeyError", text="oops")

    async def test_out_of_memory(self) -> None:
        """Too much memory makes the media too expensive."""
        await self.assert_fails(MediaTooExpensive, "allocate", bytes=4 * 1024**3)

    async def test_disk(self) -> None:
        """So does too large a file."""
        await self.assert_fails(MediaTooExpensive, "fill_disk")

    async def test_deadline(self) -> None:
        """A task that sleeps is killed at its deadline."""
        await self.assert_fails(MediaTimeout, "sleep", seconds=1)

    async def test_processor_time(self) -> None:
        """A task that computes for ever is killed by the same time."""
        with self.assertRaises((MediaTimeout, MediaTooExpensive)):
            await self.do(self.imaging(seconds=1), "spin")

    async def test_crash(self) -> None:
        """A segmentation fault is a failure."""
        await self.assert_fails(MediaFailed, "crash")

    async def test_abort(self) -> None:
        """An abort is how libraries in C++ end where they get no memory."""
        await self.assert_fails(MediaTooExpensive, "abort")

    async def test_no_answer(self) -> None:
        """An end in silence is a failure, with success or without."""
        await self.assert_fails(MediaFailed, "vanish")
        await self.assert_fails(MediaFailed, "vanish", status=3)

    async def test_garbage(self) -> None:
        """So is an answer that is not JSON."""
        await self.assert_fails(MediaFailed, "garbage", answer="\xff{{{")

    async def test_wrong_shapes(self) -> None:
        """So is JSON of another shape, whatever it holds."""
        shapes = ["[1]", '"x"', '{"result":[]}', '{"error":[]}', '{"error":1,"text":[]}']
        for shape in [*shapes, "[" * 100_000, "9" * 10_000]:
            await self.assert_fails(MediaFailed, "garbage", answer=shape)

    async def test_flood(self) -> None:
        """So is an answer without end; it is not kept in memory."""
        await self.assert_fails(MediaFailed, "huge")


class LifeTests(ChildrenTestCase):
    """The server's own life."""

    async def test_starts_when_needed(self) -> None:
        """No process runs before the first task."""
        before = children_of(os.getpid())
        imaging = self.imaging()
        self.assertEqual(children_of(os.getpid()), before)
        await imaging.start()
        self.assertEqual(children_of(os.getpid()), [*before, server_of(imaging)])

    async def test_one_server_for_all(self) -> None:
        """Tasks at the same time start one server."""
        before = children_of(os.getpid())
        imaging = self.imaging()
        for each in [self.begin(self.do(imaging, "echo")) for _ in range(5)]:
            await each
        self.assertEqual(len(children_of(os.getpid())), len(before) + 1)

    async def test_server_dies(self) -> None:
        """Its tasks fail, their children die with it, and the next task gets a new server."""
        imaging = self.imaging()
        task = self.begin(self.do(imaging, "sleep"))
        await self.until_exists(self.folder / "begun")
        server = server_of(imaging)
        children = children_of(server)
        os.kill(server, signal.SIGKILL)
        with self.assertRaises(MediaFailed):
            await task
        self.assertEqual(imaging.missing(), ["imaging children"])
        await self.until_ended([server, *children])
        self.assertEqual(await self.do(imaging, "echo"), {"echo": {}})
        self.assertNotEqual(server_of(imaging), server)
        self.assertEqual(imaging.missing(), [])

    async def test_server_that_never_starts(self) -> None:
        """A server that dies before its hello fails the task, and is named as missing."""
        imaging = self.imaging(tasks="tests.tools.no_such_module")
        with self.assertRaises(MediaFailed):
            await self.do(imaging, "echo")
        self.assertEqual(imaging.missing(), ["imaging children"])

    async def test_cancelling_kills(self) -> None:
        """A caller that goes takes its child along, and hears when it is gone."""
        imaging = self.imaging()
        task = self.begin(self.do(imaging, "sleep"))
        await self.until_exists(self.folder / "begun")
        children = children_of(server_of(imaging))
        task.cancel()
        with self.assertRaises(CancelledError):
            await task
        self.assertEqual((len(children), [each for each in children if running(each)]), (1, []))

    async def test_children_go_first(self) -> None:
        """Where memory runs out, the kernel ends children before the server and the daemon."""
        imaging = self.imaging()
        task = self.begin(self.do(imaging, "sleep"))
        await self.until_exists(self.folder / "begun")
        server = server_of(imaging)
        (child,) = children_of(server)
        scores = [int(Path(f"/proc/{each}/oom_score_adj").read_text()) for each in (child, server)]
        self.assertGreater(scores[0], scores[1])
        task.cancel()
        with self.assertRaises(CancelledError):
            await task

    async def test_cancelling_frees_the_place(self) -> None:
        """After that the next task runs."""
        imaging = self.imaging(concurrent=1)
        task = self.begin(self.do(imaging, "sleep"))
        await self.until_exists(self.folder / "begun")
        task.cancel()
        task.cancel()
        with self.assertRaises(CancelledError):
            await task
        self.assertEqual(await self.do(imaging, "echo"), {"echo": {}})

    async def test_places_are_bounded(self) -> None:
        """Beyond places and queue, tasks are turned away; those within still run."""
        imaging = self.imaging(concurrent=1, waiting=1)
        first = self.begin(self.do(imaging, "sleep", seconds=0.2))
        second = self.begin(self.do(imaging, "echo"))
        with self.assertRaises(Overloaded):
            await self.do(imaging, "echo")
        self.assertEqual((await first, await second), ({}, {"echo": {}}))

    async def test_stopping(self) -> None:
        """Stopping ends everything, and returns when nothing is left."""
        imaging = self.imaging(concurrent=1)
        task = self.begin(self.do(imaging, "sleep"))
        waiting = self.begin(self.do(imaging, "echo"))
        await self.until_exists(self.folder / "begun")
        server = server_of(imaging)
        processes = [server, *children_of(server)]
        await imaging.stop()
        self.assertEqual([each for each in processes if running(each)], [])
        for each in (task, waiting):
            with self.assertRaises(MediaFailed):
                await each
        with self.assertRaises(MediaFailed):
            await self.do(imaging, "echo")

    async def test_stopping_a_hanging_server(self) -> None:
        """A server that does not listen is killed when its time is over."""
        imaging = self.imaging()
        await imaging.start()
        server = server_of(imaging)
        os.kill(server, signal.SIGSTOP)
        await imaging.stop()
        self.assertFalse(running(server))

    async def test_terminal_signals_are_the_daemons(self) -> None:
        """The server and its children outlive what a terminal or systemd sends to all; the daemon
        decides when they end."""
        imaging = self.imaging()
        task = self.begin(self.do(imaging, "sleep", seconds=0.5))
        await self.until_exists(self.folder / "begun")
        for each in [server_of(imaging), *children_of(server_of(imaging))]:
            os.kill(each, signal.SIGTERM)
            os.kill(each, signal.SIGINT)
        self.assertEqual(await task, {})
