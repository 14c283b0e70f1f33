"""What nobody asks for goes, in small steps; the rest stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from pictd.claiming import AmongNodes
from pictd.errors import RepoUnavailable
from pictd.interfaces.repos import IRepo
from pictd.jobs.presence import GRACE, LONG, Presence
from pictd.jobs.retention import LISTED, PAUSE, SWEEP_EVERY, TOGETHER, Lifetimes, Retention
from pictd.model.alias import Alias
from pictd.model.claims import RETENTION_CLAIM
from pictd.model.hashes import Hash
from pictd.model.records import Queue
from pictd.model.settings import LAST_SEEN
from pictd.model.times import SECOND, from_seconds
from tests.contracts.repo import details_at, hash_of, naming_of, record_of
from tests.support.services import ServicesTestCase

LIVES = Lifetimes(variants=100 * SECOND, proxies=200 * SECOND, uploads=300 * SECOND)


async def _nothing() -> None:
    return None


@attrs.define
class Watched:
    """A repo, or a facet of it, before whose removals something happens.

    :ivar before: what happens.
    :ivar refusing: they remove nothing.
    :ivar removals: names of those that were begun.
    """

    _inner: Any
    before: Callable[[], Awaitable[None]] = _nothing
    refusing: bool = False
    removals: list[str] = attrs.field(factory=list)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return _Facet(found, self)
        return found


@attrs.define
class _Facet:
    _inner: Any
    _watched: Watched

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in ("remove_outdated", "expire"):
            return found

        async def removal(*arguments: object) -> Any:
            self._watched.removals.append(name)
            await self._watched.before()
            return 0 if self._watched.refusing else await found(*arguments)

        return removal


class RetentionTestCase(ServicesTestCase):
    """A service that is not started yet. What is ``old`` is outdated, by whatever lifetime."""

    def setUp(self) -> None:
        super().setUp()
        self.result(self.repo.settings.set(LAST_SEEN, b"%d" % self.now()))
        self.watched = Watched(self.repo)
        repo = cast(IRepo, self.watched)
        self.retention = Retention(repo, Presence(repo), LIVES, self.clock)
        self.old = self.now() - 1000 * SECOND

    def now(self) -> int:
        """The clock's moment."""
        return from_seconds(self.clock.seconds())

    def variants(self, numbers: range, accessed: int) -> None:
        """Of one original each."""
        for number in numbers:
            self.publish(number)
            self.variant(hash_of(number), "key", accessed)

    def publish(self, number: int, url: str | None = None, accessed: int = 0) -> None:
        """An original under its number."""
        naming = naming_of(f"{number}.png", url, accessed)
        self.result(self.repo.hashes.publish(record_of(number), details_at(1), naming))

    def variant(self, hash: Hash, key: str, accessed: int) -> None:
        """One derived file."""
        identifier = f"variant/{hash.size}.{key}"
        self.result(self.repo.variants.add(hash, key, identifier, details_at(1), accessed))

    def left(self) -> int:
        """How many variants are outdated."""
        return len(self.result(self.repo.variants.outdated(2**62, 10_000)))

    def begin(self) -> None:
        """Start; the first step is taken after the first pause."""
        self.retention.startService()

    def pass_time(self, steps: int) -> None:
        """Time for so many steps."""
        self.clock.pump([PAUSE] * steps)

    def stop(self) -> Deferred[None]:
        """Its end."""
        stopped = self.retention.stopService()
        assert stopped is not None
        return stopped


class SweepTests(RetentionTestCase):
    """What goes, and what stays."""

    def test_outdated_variants_go(self) -> None:
        """With jobs for their bytes; those that were asked for lately stay."""
        self.publish(1)
        for key, accessed in (("old", self.old), ("young", self.now() - LIVES.variants)):
            self.variant(hash_of(1), key, accessed)
        self.begin()
        self.pass_time(3)
        self.assertEqual(list(self.result(self.repo.variants.of_hash(hash_of(1)))), ["young"])
        self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), 1)

    def test_outdated_proxies_go(self) -> None:
        """With what they name; uploads have no end."""
        self.publish(1, "http://example.com/old", self.old)
        self.publish(2, "http://example.com/young", self.now() - LIVES.proxies)
        self.publish(3)
        self.begin()
        self.pass_time(5)
        there = [self.find(Alias.parse(f"{n}.png")) is not None for n in (1, 2, 3)]
        self.assertEqual(there, [False, True, True])

    def test_unclaimed_uploads_go(self) -> None:
        """Pending ones, too (contract C10)."""
        for id, begun in (("old", self.old), ("young", self.now() - LIVES.uploads)):
            self.result(self.repo.uploads.begin(id, f"raw/{id}", {}, begun))
        self.begin()
        self.pass_time(5)
        there = [self.result(self.repo.uploads.find(id)) is not None for id in ("old", "young")]
        self.assertEqual(there, [False, True])

    def test_an_access_saves(self) -> None:
        """One that comes between the look and the removal."""
        self.variants(range(1, 3), self.old)

        async def ask() -> None:
            await self.repo.variants.touch({(hash_of(2), "key"): self.now()})

        self.watched.before = ask
        self.begin()
        self.pass_time(5)
        self.assertEqual(self.left(), 1)

    def test_sweeps_come_again(self) -> None:
        """In intervals, to the end of the service."""
        self.begin()
        self.variants(range(1, 2), self.old)
        self.clock.advance(SWEEP_EVERY)
        self.pass_time(3)
        self.assertEqual(self.left(), 0)

    def test_another_node_sweeps(self) -> None:
        """Nothing is swept here, until that one is done, or dead; then the next sweep is ours."""
        watched, claims = cast(IRepo, self.watched), self.repo.claims
        self.retention = Retention(
            watched, Presence(watched), LIVES, self.clock, claiming=AmongNodes(claims, self.clock)
        )
        self.result(claims.take(RETENTION_CLAIM, self.now()))
        self.variants(range(1), self.old)
        self.begin()
        self.clock.advance(SWEEP_EVERY - 1)
        self.assertEqual(self.watched.removals, [])
        self.clock.advance(1)
        self.pass_time(3)
        self.assertEqual(self.watched.removals, ["remove_outdated"])
        self.assertIsNotNone(self.result(claims.take(RETENTION_CLAIM, self.now())))

    def test_nothing_goes_in_the_first_day(self) -> None:
        """After the server was away for long (contract C13)."""
        self.variants(range(1, 2), self.old)
        self.clock.advance(LONG // SECOND + 1)
        self.begin()
        self.clock.pump([SWEEP_EVERY] * (GRACE // SECOND // int(SWEEP_EVERY)))
        self.assertEqual(self.left(), 1)
        self.clock.advance(SWEEP_EVERY)
        self.pass_time(3)
        self.assertEqual(self.left(), 0)

    def test_a_long_sweep_is_no_absence(self) -> None:
        """It notes all the time that the server is there."""
        self.variants(range(1, 3 * LISTED), self.old)
        self.begin()
        for _ in range(3 * LISTED // TOGETHER + 5):
            self.clock.advance(LONG // SECOND // (LISTED // TOGETHER) // 2)
        self.assertEqual(self.left(), 0)

    def test_a_machine_that_slept_in_a_sweep(self) -> None:
        """The sweep ends with what it has looked up: nobody could ask for the rest."""
        self.variants(range(1, LISTED + 11), self.old)
        self.begin()
        self.pass_time(1)
        self.clock.advance(LONG // SECOND + 1)
        self.pass_time(2 * LISTED // TOGETHER)
        self.assertEqual(self.left(), 10)


class StepTests(RetentionTestCase):
    """How a sweep shares the machine."""

    def test_steps_are_small_and_apart(self) -> None:
        """Between two of them the reactor serves whoever waits."""
        self.variants(range(1, 3 * TOGETHER + 1), self.old)
        self.begin()
        left = [self.left()]
        for _ in range(4):
            self.clock.advance(PAUSE * 0.9)
            left.append(self.left())
            self.clock.advance(PAUSE * 0.1)
        self.assertEqual(left, [3 * TOGETHER, 3 * TOGETHER, 2 * TOGETHER, TOGETHER, 0])

    def test_a_walk_ends(self) -> None:
        """However much there is, nothing is left, and nothing goes on until the next sweep."""
        self.variants(range(1, 2 * LISTED + 2), self.old)
        self.begin()
        self.pass_time(2 * LISTED // TOGETHER + 10)
        self.assertEqual(self.left(), 0)
        (call,) = self.clock.getDelayedCalls()
        self.assertGreater(call.getTime() - self.clock.seconds(), 10 * PAUSE)

    def test_a_walk_that_gets_nowhere_ends(self) -> None:
        """What is listed and can't be removed is left to the next sweep."""
        self.variants(range(1, 2), self.old)
        self.watched.refusing = True
        self.begin()
        self.pass_time(20)
        self.assertEqual(len(self.watched.removals), 1)

    def test_a_repo_that_is_away(self) -> None:
        """Breaks a sweep off, and the next goes on; nothing is begun meanwhile."""
        self.variants(range(1, 3 * TOGETHER + 1), self.old)

        async def away() -> None:
            raise RepoUnavailable

        self.watched.before = away
        with capturedLogs() as events:
            self.begin()
            self.pass_time(10)
        self.assertEqual([str(e["error"]) for e in events if "error" in e], [RepoUnavailable.text])
        self.assertEqual(len(self.watched.removals), 1)
        self.watched.before = _nothing
        self.clock.advance(SWEEP_EVERY)
        self.pass_time(5)
        self.assertEqual(self.left(), 0)

    def test_a_sweep_that_fails(self) -> None:
        """For a reason that nobody thought of: it is logged, and the next goes on."""
        self.variants(range(1, 2), self.old)

        async def fail() -> None:
            raise ZeroDivisionError

        self.watched.before = fail
        self.begin()
        self.pass_time(5)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.watched.before = _nothing
        self.clock.advance(SWEEP_EVERY)
        self.pass_time(5)
        self.assertEqual(self.left(), 0)


class StopTests(RetentionTestCase):
    """The end of the service."""

    def setUp(self) -> None:
        super().setUp()
        self.variants(range(1, 3 * TOGETHER + 1), self.old)
        self.gates: list[Deferred[None]] = []

    async def gate(self) -> None:
        """Wait until the test opens it."""
        gate: Deferred[None] = Deferred()
        self.gates.append(gate)
        await gate

    def open_gates(self) -> None:
        """Let the writes end that were begun."""
        for gate in self.gates:
            gate.callback(None)

    def test_the_step_at_hand_ends(self) -> None:
        """Its writes are not cancelled; and none follows."""
        self.watched.before = self.gate
        self.begin()
        self.pass_time(1)
        stopped = self.stop()
        self.assertNoResult(stopped)
        self.open_gates()
        self.successResultOf(stopped)
        self.assertEqual(self.left(), 2 * TOGETHER)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_between_two_steps(self) -> None:
        """It ends at once, and nothing stays in the reactor."""
        self.begin()
        self.pass_time(1)
        self.successResultOf(self.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.left(), 2 * TOGETHER)

    def test_between_two_sweeps(self) -> None:
        """As well."""
        self.begin()
        self.pass_time(10)
        self.successResultOf(self.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])
