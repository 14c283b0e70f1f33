"""Uploads on their way into the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from pictd.errors import OutcomeUnknown, RepoUnavailable, StoreUnavailable
from pictd.ingest.queueing import Queueing
from pictd.ingest.session import Backends
from pictd.model.records import Queue
from pictd.model.uploads import Upload, UploadQuery
from tests.support.services import ServicesTestCase

EVER = 2**63 - 1


class QueueingTestCase(ServicesTestCase):
    """With backends that fail or wait where the test likes."""

    def setUp(self) -> None:
        super().setUp()
        self.queueing = Queueing(Backends(*self.backends))

    def begin(self, data: bytes = b"raw") -> Deferred[str]:
        """Begin to queue a file."""
        return self.queueing.queue(self.received(data), UploadQuery())

    def uploads(self) -> Sequence[Upload]:
        """All that there are."""
        return self.result(self.repo.uploads.expired(EVER, 100))

    def strays(self) -> Sequence[str]:
        """What a sweep would look at."""
        return self.result(self.store.strays(EVER))

    def cleanups(self) -> int:
        """Jobs for bytes that nobody needs."""
        return self.result(self.repo.jobs.length(Queue.CLEANUP))

    def replace(self, target: object, method: str, by: Callable[..., Any]) -> None:
        """Let a method of a backend be another one, which is given the real one first."""
        real = getattr(target, method)

        async def call(*arguments: object) -> object:
            return await by(real, *arguments)

        setattr(target, method, call)

    def let_fail(self, target: object, method: str, error: Exception) -> None:
        """It does nothing but raise."""

        async def fail(*_: object) -> None:
            raise error

        self.replace(target, method, fail)

    def hold(self, target: object, method: str) -> Deferred[None]:
        """It waits for the result before it begins."""
        gate: Deferred[None] = Deferred()

        async def wait(real: Callable[..., Any], *arguments: object) -> object:
            await gate
            return await real(*arguments)

        self.replace(target, method, wait)
        return gate


class FailureTests(QueueingTestCase):
    """Queued, or not; never half."""

    def assert_nothing(self) -> None:
        """No upload, no bytes, no temporary file, no job."""
        left = list(self.uploads()), list(self.strays()), self.scratch.live, self.cleanups()
        self.assertEqual(left, ([], [], set(), 0))

    def test_a_store_that_fails(self) -> None:
        """Nothing is queued."""
        self.let_fail(self.store, "save", StoreUnavailable())
        self.failureResultOf(self.begin(), StoreUnavailable)
        self.assert_nothing()

    def test_a_repo_that_fails(self) -> None:
        """The bytes that were stored go."""
        self.let_fail(self.repo.uploads, "begin", RepoUnavailable())
        self.failureResultOf(self.begin(), RepoUnavailable)
        self.assert_nothing()

    def test_a_repo_that_falls_away_at_the_end(self) -> None:
        """The upload may be queued: its bytes stay, and a sweep will find out."""
        self.let_fail(self.repo.uploads, "begin", OutcomeUnknown())
        self.failureResultOf(self.begin(), OutcomeUnknown)
        self.assertEqual((len(self.strays()), self.scratch.live), (1, set()))

    def test_both(self) -> None:
        """The error of the repo is told; the bytes stay stray, and a sweep finds them."""
        self.let_fail(self.repo.uploads, "begin", RepoUnavailable())
        self.let_fail(self.store, "remove", StoreUnavailable())
        self.failureResultOf(self.begin(), RepoUnavailable)
        self.assertEqual((len(self.strays()), self.scratch.live), (1, set()))

    def test_bytes_that_stay_stray(self) -> None:
        """The upload is queued, and refers to them: a sweep will keep them."""
        self.let_fail(self.store, "keep", StoreUnavailable())
        id = self.successResultOf(self.begin())
        (upload,) = self.uploads()
        self.assertEqual((upload.id, [upload.identifier]), (id, list(self.strays())))
        self.assertTrue(self.result(self.repo.refers_to(str(upload.identifier))))


class LeavingTests(QueueingTestCase):
    """Nobody waits for the id any more."""

    def leave(self, at: Deferred[None]) -> None:
        """While the step is under way, which then ends."""
        queued = self.begin()
        queued.cancel()
        self.failureResultOf(queued, CancelledError)
        self.assertEqual(len(self.scratch.live), 1)
        at.callback(None)

    def test_at_every_step(self) -> None:
        """It ends; then the upload is taken back, and its bytes have a job."""
        steps = (self.store, "save"), (self.repo.uploads, "begin"), (self.store, "keep")
        for number, (target, method) in enumerate(steps, 1):
            self.leave(self.hold(target, method))
            left = list(self.uploads()), list(self.strays()), self.scratch.live
            self.assertEqual(left, ([], [], set()), method)
            self.assertEqual(self.cleanups(), number)

    def test_a_step_that_fails(self) -> None:
        """Is in the log: there is nobody else to tell."""
        gate = self.hold(self.store, "save")
        queued = self.begin()
        queued.cancel()
        self.failureResultOf(queued, CancelledError)
        gate.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.uploads(), self.scratch.live), ([], set()))

    def test_a_repo_that_is_away(self) -> None:
        """The upload stays until it expires; to take it back does not raise."""
        id = self.successResultOf(self.begin())
        self.let_fail(self.repo.uploads, "expire", RepoUnavailable())
        self.result(self.queueing.cancel(id))
        self.assertEqual(len(self.uploads()), 1)


class StopTests(QueueingTestCase):
    """The end of the server."""

    def test_what_is_under_way_ends_first(self) -> None:
        """Also what nobody waits for any more."""
        gate = self.hold(self.repo.uploads, "begin")
        staying, leaving = self.begin(b"one"), self.begin(b"two")
        leaving.cancel()
        self.failureResultOf(leaving, CancelledError)
        stopped = self.queueing.stopService()
        self.assertNoResult(stopped)
        gate.callback(None)
        self.successResultOf(stopped)
        (upload,) = self.uploads()
        self.assertEqual(upload.id, self.successResultOf(staying))

    def test_nothing_under_way(self) -> None:
        """Nothing is waited for."""
        self.successResultOf(self.begin())
        self.successResultOf(self.queueing.stopService())
