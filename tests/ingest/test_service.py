"""From received to published, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from pictd.errors import (
    AliasAlreadyExists,
    OutcomeUnknown,
    RepoUnavailable,
    StoreUnavailable,
    UnreadableMedia,
    UploadGone,
)
from pictd.ingest.batch import Batch
from pictd.ingest.session import Filing, Ingested
from pictd.model.uploads import UploadQuery
from tests.ingest.ingest_case import IngestTestCase
from tests.support.figures import figure


class PublishTests(IngestTestCase):
    """What an upload leaves."""

    def test_a_file_is_stored_and_named(self) -> None:
        """Under an alias with the extension of the stored format."""
        ingested = self.ingested()
        original = self.find(ingested.alias)
        assert original is not None
        self.assertEqual(self.read(original.record.identifier), b"picture")
        self.assertEqual((ingested.alias.extension, ingested.blurhash), (".png", "BLUR"))
        self.assertEqual(original.details, ingested.details)
        self.assertEqual(original.token, ingested.token)

    def test_uploads_are_counted(self) -> None:
        """By how they end."""
        self.ingested(name="a.png")
        self.failureResultOf(self.begin(name="a.png"), AliasAlreadyExists)
        for completed in ("true", "false"):
            count = figure(self.metrics.registry, "pict_rs_ingest_end", completed=completed)
            self.assertEqual(count, 1, completed)

    def test_nothing_temporary_stays(self) -> None:
        """Neither in the store nor in scratch."""
        self.ingested()
        self.assertEqual((self.strays(), self.scratch.live), ([], set()))

    def test_the_same_content_gets_another_name(self) -> None:
        """And the details of the first upload, whose bytes are kept."""
        first = self.ingested()
        self.clock.advance(60)
        second = self.ingested()
        self.assertNotEqual((first.alias, first.token), (second.alias, second.token))
        self.assertEqual(first.details, second.details)
        found = self.find(first.alias), self.find(second.alias)
        assert found[0] is not None and found[1] is not None
        self.assertEqual(found[0].record, found[1].record)

    def test_lost_bytes_are_healed_by_the_same_content(self) -> None:
        """The old name works again, too (contract C2)."""
        first = self.ingested()
        original = self.find(first.alias)
        assert original is not None
        self.result(self.store.remove(original.record.identifier))
        second = self.ingested()
        healed = self.find(first.alias)
        assert healed is not None
        self.assertEqual(self.read(healed.record.identifier), b"picture")
        self.assertEqual(second.details.created_at, first.details.created_at)
        self.assertEqual(self.strays(), [])

    def test_bytes_are_healed_before_the_name_is_given(self) -> None:
        """Whoever sees the new name sees the bytes; here it can't even be given."""
        original = self.find(self.ingested().alias)
        assert original is not None
        self.result(self.store.remove(original.record.identifier))
        upload = self.ingest.ingest(self.received(b"picture"), UploadQuery(), Filing(upload="gone"))
        self.failureResultOf(upload, UploadGone)
        healed = self.find(original.alias)
        assert healed is not None
        self.assertEqual(self.read(healed.record.identifier), b"picture")
        self.assertEqual(self.strays(), [])

    def test_a_queued_upload_that_another_worker_was_quicker_with(self) -> None:
        """Is no trouble to tell of, where nobody waits for it any more."""
        held = self.hold_healed()
        original = self.find(self.ingested().alias)
        assert original is not None
        self.result(self.store.remove(original.record.identifier))
        upload = self.ingest.ingest(self.received(b"picture"), UploadQuery(), Filing(upload="gone"))
        upload.cancel()
        self.failureResultOf(upload, CancelledError)
        held.callback(None)
        self.successResultOf(self.ingest.stopService())
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_what_is_purged_while_it_is_healed(self) -> None:
        """The upload that healed it has bytes of its own, whatever becomes of the others."""
        original = self.find(self.ingested().alias)
        assert original is not None
        self.result(self.store.remove(original.record.identifier))
        held = self.hold_healed()
        upload = self.begin()
        healed = self.result(self.repo.hashes.find(original.record.hash))
        assert healed is not None
        self.result(self.repo.hashes.purge(healed.hash))
        self.result(self.store.remove(healed.identifier))
        held.callback(None)
        fresh = self.find(self.successResultOf(upload).alias)
        assert fresh is not None
        self.assertEqual(self.read(fresh.record.identifier), b"picture")
        self.assertEqual(self.strays(), [])

    def hold_healed(self) -> Deferred[None]:
        """Let the next upload that has healed a record wait."""
        held: Deferred[None] = Deferred()
        real = self.repo.hashes.heal

        async def wait(*arguments: Any) -> bool:
            healed = await real(*arguments)
            await held
            return healed

        self.replace(self.repo.hashes, "heal", wait)
        return held

    def replace(self, target: object, method: str, by: object) -> None:
        """A method of a backend."""
        setattr(target, method, by)

    def test_a_declared_name_is_used(self) -> None:
        """As an import asks for."""
        self.assertEqual(str(self.ingested(name="cat.jpg").alias), "cat.jpg")

    def test_a_taken_name_is_refused(self) -> None:
        """For new content and for known content; nothing is left of the attempt."""
        self.ingested(b"one", "cat.jpg")
        for data in (b"one", b"two"):
            self.failureResultOf(self.begin(data, "cat.jpg"), AliasAlreadyExists)
        self.assertEqual(self.result(self.repo.hashes.count()), 1)
        self.assertEqual((self.strays(), self.scratch.live), ([], set()))


class FailureTests(IngestTestCase):
    """What fails leaves nothing."""

    def test_refused_media(self) -> None:
        """The error is that of the media."""
        self.media.failure = UnreadableMedia()
        self.failureResultOf(self.begin(), UnreadableMedia)
        self.assert_nothing_left()

    def test_a_store_that_fails(self) -> None:
        """Before anything is recorded."""
        self.fail_at(self.store, "save", StoreUnavailable())
        self.failureResultOf(self.begin(), StoreUnavailable)
        self.assert_nothing_left()

    def test_a_repo_that_fails(self) -> None:
        """The bytes that were saved go."""
        self.fail_at(self.repo.hashes, "publish", RepoUnavailable())
        self.failureResultOf(self.begin(), RepoUnavailable)
        self.assert_nothing_left()

    def test_a_repo_that_falls_away_at_the_end(self) -> None:
        """The bytes may be recorded: they stay, and a sweep will find out."""
        publish = self.repo.hashes.publish

        async def fall_away(*arguments: Any) -> None:
            await publish(*arguments)
            raise OutcomeUnknown

        self.repo.hashes.publish = fall_away  # type: ignore[method-assign,assignment]
        self.failureResultOf(self.begin(), OutcomeUnknown)
        (stray,) = self.strays()
        self.assertTrue(self.result(self.repo.refers_to(stray)))
        self.assertIsNotNone(self.read(stray))

    def fail_at(self, target: object, method: str, error: Exception) -> None:
        """Let a method of a backend fail."""

        async def fail(*_: object) -> None:
            raise error

        setattr(target, method, fail)


class LeavingTests(IngestTestCase):
    """A client that goes away."""

    def setUp(self) -> None:
        super().setUp()
        self.media.gated = True

    def test_before_the_store_step_everything_stops(self) -> None:
        """The work on the media is cancelled."""
        upload = self.begin()
        upload.cancel()
        self.failureResultOf(upload, CancelledError)
        self.assertTrue(self.media.waiting[0].called)
        self.assert_nothing_left()

    def test_after_it_the_upload_ends_and_is_undone(self) -> None:
        """Its bytes go by job."""
        self.hold("save")
        upload = self.begin()
        self.media.waiting[0].callback(None)
        upload.cancel()
        self.failureResultOf(upload, CancelledError)
        self.assertNotEqual(self.scratch.live, set())
        self.release()
        self.assert_nothing_left()

    def test_stopping_waits_for_what_is_under_way(self) -> None:
        """Acknowledged or undone, but never half done."""
        upload = self.begin()
        stopped = self.ingest.stopService()
        self.assertNoResult(stopped)
        self.media.waiting[0].callback(None)
        self.successResultOf(stopped)
        self.successResultOf(upload)

    def hold(self, method: str) -> None:
        """Let a method of the store wait until ``release``."""
        held: Deferred[None] = Deferred()
        real: Callable[..., object] = getattr(self.store, method)

        async def wait(*arguments: object) -> object:
            await held
            return await real(*arguments)  # type: ignore[misc]

        setattr(self.store, method, wait)
        self.release = lambda: held.callback(None)


class BatchTests(IngestTestCase):
    """The files of one request."""

    def setUp(self) -> None:
        super().setUp()
        self.media.gated = True
        self.batch = Batch(self.ingest, UploadQuery())

    def begin_files(self, *files: bytes) -> None:
        """Begin with each."""
        for data in files:
            self.batch.begin(self.received(data))

    def test_results_are_in_request_order(self) -> None:
        """However long each takes."""
        self.begin_files(b"one", b"two")
        finished = Deferred.fromCoroutine(self.batch.finish())
        self.media.waiting[1].callback(None)
        self.assertNoResult(finished)
        self.media.waiting[0].callback(None)
        sizes = [self.size(each) for each in self.successResultOf(finished)]
        self.assertEqual(sizes, [b"one", b"two"])

    def size(self, ingested: Ingested) -> bytes | None:
        """What was stored."""
        original = self.find(ingested.alias)
        return None if original is None else self.read(original.record.identifier)

    def test_one_failure_undoes_all(self) -> None:
        """Those that were published, and those under way."""
        self.begin_files(b"one", b"two", b"three")
        self.media.waiting[0].callback(None)
        self.media.waiting[1].errback(UnreadableMedia())
        self.assertTrue(self.batch.failed)
        self.failureResultOf(Deferred.fromCoroutine(self.batch.finish()), UnreadableMedia)
        self.result(self.batch.undo())
        self.assert_nothing_left()

    def test_a_client_that_leaves_undoes_all(self) -> None:
        """While the request waits for its files."""
        self.begin_files(b"one", b"two")
        self.media.waiting[0].callback(None)
        finished = Deferred.fromCoroutine(self.batch.finish())
        finished.cancel()
        self.failureResultOf(finished, CancelledError)
        self.result(self.batch.undo())
        self.assert_nothing_left()

    def test_undo_spares_others(self) -> None:
        """The same content that somebody else uploaded stays (contract C3)."""
        self.media.gated = False
        self.begin_files(b"shared")
        other = self.ingested(b"shared")
        self.result(self.batch.undo())
        self.assertEqual(self.size(other), b"shared")
