"""Services in order."""

from __future__ import annotations

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.stages import AGAIN_AFTER, Forewarning, Held, Stages, Trouble


class Noted(Service):
    """Notes when it starts and stops; stopping ends with ``stopped``."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name_, self.notes = name, notes
        self.stopped: Deferred[None] = Deferred()

    def startService(self) -> None:
        super().startService()
        self.notes.append(f"{self.name_} starts")

    def stopService(self) -> Deferred[None]:
        self.notes.append(f"{self.name_} stops")
        return self.stopped


class StagesTests(SynchronousTestCase):
    """What others depend on outlives them."""

    def test_order(self) -> None:
        """Each stops only when the one after it has stopped."""
        notes: list[str] = []
        first, second = Noted("first", notes), Noted("second", notes)
        stages = Stages([first, second])
        stages.startService()
        ended = stages.stopService()
        self.assertEqual(notes, ["first starts", "second starts", "second stops"])
        second.stopped.callback(None)
        self.assertEqual(notes[-1], "first stops")
        self.assertNoResult(ended)
        first.stopped.callback(None)
        self.successResultOf(ended)

    def test_a_forewarning(self) -> None:
        """Somebody knows of the end before the others have come to theirs."""
        notes: list[str] = []
        stages = Stages([Noted("first", notes), Forewarning(lambda: notes.append("warned"))])
        stages.startService()
        stages.stopService()
        self.assertEqual(notes, ["first starts", "warned", "first stops"])

    def test_one_that_fails_to_stop_does_not_keep_the_others(self) -> None:
        """It is logged."""
        notes: list[str] = []
        first, second = Noted("first", notes), Noted("second", notes)
        first.stopped.callback(None)
        second.stopped.errback(ZeroDivisionError())
        stages = Stages([first, second])
        stages.startService()
        self.successResultOf(stages.stopService())
        self.assertIn("first stops", notes)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class HeldTests(SynchronousTestCase):
    """What is opened is closed."""

    def test_close_waits_for_open(self) -> None:
        """A service stopped in the middle of opening closes afterwards."""
        opened: Deferred[None] = Deferred()
        notes: list[str] = []

        async def open_() -> None:
            await opened
            notes.append("opened")

        async def close() -> None:
            notes.append("closed")

        held = Held("thing", open_, close)
        held.startService()
        stopped = held.stopService()
        self.assertNoResult(stopped)
        opened.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(notes, ["opened", "closed"])

    def test_what_is_inside_runs_only_while_it_is_open(self) -> None:
        """It starts afterwards and stops before."""
        notes: list[str] = []
        opened: Deferred[None] = Deferred()
        inner = Noted("inner", notes)

        async def open_() -> None:
            await opened
            notes.append("opened")

        async def close() -> None:
            notes.append("closed")

        held = Held("thing", open_, close, inner)
        held.startService()
        self.assertEqual(notes, [])
        opened.callback(None)
        self.assertEqual(notes, ["opened", "inner starts"])
        stopped = held.stopService()
        self.assertEqual(notes[2:], ["inner stops"])
        inner.stopped.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(notes[3:], ["closed"])

    def test_what_may_pass_is_tried_again(self) -> None:
        """After a pause, and as often as it takes; what is inside runs then."""
        clock, notes, tries = Clock(), list[str](), list[float]()
        inner = Noted("inner", notes)

        async def open_() -> None:
            tries.append(clock.seconds())
            if len(tries) < 3:
                raise OSError("no volume")

        held = Held(
            "thing", open_, self.close, inner, Trouble(clock, self.passes, self.told.append)
        )
        held.startService()
        clock.pump([1.0] * 20)
        self.assertEqual((tries, notes), ([0, AGAIN_AFTER, 2 * AGAIN_AFTER], ["inner starts"]))
        self.assertEqual(self.told, [])
        self.assertEqual(len(self.flushLoggedErrors()), 0)

    def test_a_stop_ends_the_trying(self) -> None:
        """At once, and nothing stays on the clock."""
        clock = Clock()
        held = Held("thing", self.fail_to_open, self.close, None, self.trouble(clock))
        held.startService()
        self.successResultOf(held.stopService())
        self.assertEqual((clock.getDelayedCalls(), self.closed), ([], 1))

    def test_what_does_not_pass_is_told(self) -> None:
        """To whoever decides what then."""
        held = Held("thing", self.fail_to_open, self.close, None, self.trouble(Clock(), False))
        held.startService()
        self.assertEqual([str(error) for error in self.told], ["no disk"])
        self.successResultOf(held.stopService())

    def setUp(self) -> None:
        self.told: list[Exception] = []
        self.closed = 0

    def trouble(self, clock: Clock, passes: bool = True) -> Trouble:
        """That notes what it is told."""
        return Trouble(clock, lambda _: passes, self.told.append)

    def passes(self, error: Exception) -> bool:
        """As of a volume that is not mounted yet."""
        return isinstance(error, OSError)

    async def fail_to_open(self) -> None:
        raise OSError("no disk")

    async def close(self) -> None:
        self.closed += 1

    def test_opening_that_was_told_to_end(self) -> None:
        """Is no trouble: the stop goes on."""
        opening: Deferred[None] = Deferred()
        troubles: list[Exception] = []
        clock, notes = Clock(), list[str]()

        async def open() -> None:
            await opening

        async def close() -> None:
            notes.append("closed")

        trouble = Trouble(clock, lambda _: True, troubles.append)
        held = Held("thing", open, close, trouble=trouble)
        held.startService()
        ended = held.stopService()
        opening.errback(CancelledError())
        self.successResultOf(ended)
        self.assertEqual((notes, troubles, clock.getDelayedCalls()), (["closed"], [], []))
