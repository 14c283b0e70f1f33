"""Queued uploads, from the queue to the claim."""

from __future__ import annotations

from pictd.errors import MediaFailed, Overloaded, TooWide
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends
from pictd.jobs.uploads import QueuedUploads
from pictd.jobs.worker import NotUnderstood
from pictd.metrics import Metrics
from pictd.model.formats import Kind
from pictd.model.limits import MEBIBYTE, Bounds
from pictd.model.records import Job, Queue
from pictd.model.uploads import Upload, Uploaded, UploadFailed, UploadQuery, query_from_json
from tests.support.figures import figure
from tests.support.services import ServicesTestCase

WORKER = "6a3c4c0b-9a41-4b8f-8c9e-1d7000000000"
PLAIN = UploadQuery()


class QueuedTestCase(ServicesTestCase):
    """On backends in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.metrics = Metrics(self.clock.seconds)
        backends = Backends(*self.backends, metrics=self.metrics)
        self.ingest = Ingest(backends)
        self.queueing = Queueing(backends)
        self.jobs = QueuedUploads(self.repo, self.store, self.scratch, self.ingest, self.metrics)

    def queue(self, data: bytes = b"picture", query: UploadQuery = PLAIN) -> str:
        """Queue a file; its upload id."""
        return self.successResultOf(self.queueing.queue(self.received(data), query))

    def take(self, queue: Queue = Queue.PROCESS) -> Job | None:
        """The next job."""
        return self.result(self.repo.jobs.pop(queue, WORKER, 2**62, 1))

    def argument(self) -> object:
        """What the next job is about."""
        job = self.take()
        assert job is not None and isinstance(job.payload, dict)
        return job.payload["Ingest"]

    def upload(self, id: str) -> Upload:
        """The record, which must be there."""
        found = self.result(self.repo.uploads.find(id))
        assert found is not None
        return found

    def done(self, id: str) -> Uploaded:
        """The success of an upload."""
        result = self.upload(id).result
        assert isinstance(result, Uploaded)
        return result

    def failed(self, id: str) -> UploadFailed:
        """The failure of an upload."""
        result = self.upload(id).result
        assert isinstance(result, UploadFailed)
        return result


class QueueTests(QueuedTestCase):
    """Into the queue."""

    def test_queued(self) -> None:
        """The raw bytes are kept, and the upload is pending."""
        upload = self.upload(self.queue(b"raw"))
        assert upload.identifier is not None
        self.assertEqual(self.read(upload.identifier), b"raw")
        self.assertIsNone(upload.result)
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
        self.assertEqual(self.scratch.live, set())

    def test_anything_is_taken(self) -> None:
        """An empty file, too: it is looked at later."""
        self.assertIsNone(self.upload(self.queue(b"")).result)

    def test_the_query_travels(self) -> None:
        """Limits, kinds, and operations in their order with their repeats (contract A9)."""
        bounds = Bounds(1, 2, 3, 4, 5 * MEBIBYTE)
        operations = (("resize", "9"), ("crop", "1x1"), ("resize", "8"))
        query = UploadQuery(bounds, frozenset({Kind.VIDEO}), operations)
        self.queue(query=query)
        argument = self.argument()
        assert isinstance(argument, dict)
        ordered = [tuple(pair) for pair in argument["operations"]]
        self.assertEqual(query_from_json(argument["upload_query"], ordered), query)

    def test_the_query_of_pict_rs(self) -> None:
        """Its own form is read, and written so that it reads ours."""
        self.queue(query=UploadQuery(operations=(("resize", "9"),)))
        argument = self.argument()
        assert isinstance(argument, dict)
        self.assertEqual(argument["upload_query"]["resize"], "9")
        self.assertEqual(argument["upload_query"]["allow_image"], "true")
        self.assertIsNone(argument["upload_query"]["max_width"])
        read = query_from_json({"max_width": "7", "allow_video": "false", "crop": "1x1"})
        self.assertEqual(read.bounds, Bounds(width=7))
        self.assertEqual(read.allowed, frozenset({Kind.IMAGE, Kind.ANIMATION}))
        self.assertEqual(read.operations, (("crop", "1x1"),))
        self.assertEqual(query_from_json(None), PLAIN)

    def test_a_client_that_leaves(self) -> None:
        """What was begun is taken back, and nothing stays."""
        queued = self.queueing.queue(self.received(b"raw"), PLAIN)
        queued.addErrback(lambda _: None)
        queued.cancel()
        id = self.queue()
        self.result(self.queueing.cancel(id))
        self.assertIsNone(self.result(self.repo.uploads.find(id)))
        self.assertEqual(self.scratch.live, set())


class WorkTests(QueuedTestCase):
    """Out of the queue."""

    def test_success(self) -> None:
        """The file is published, the upload completed, and the raw bytes have a job."""
        id = self.queue(b"raw")
        raw = self.upload(id).identifier
        self.result(self.jobs.work(self.argument()))
        original = self.find(self.done(id).alias)
        assert original is not None
        self.assertEqual(original.token.text, self.done(id).token.text)
        doomed = self.take(Queue.CLEANUP)
        assert doomed is not None
        self.assertEqual(doomed.payload, {"Identifier": {"identifier": raw}})
        self.assertEqual(self.scratch.live, set())

    def test_a_second_run(self) -> None:
        """After a crash that came after the publication, nothing is done again."""
        id = self.queue()
        argument = self.argument()
        self.result(self.jobs.work(argument))
        first = self.done(id)
        self.result(self.jobs.work(argument))
        self.assertEqual(self.done(id), first)
        self.assertEqual(self.result(self.repo.hashes.count()), 1)

    def test_a_bad_file(self) -> None:
        """What is wrong with it is the result."""
        self.media.failure = TooWide()
        id = self.queue()
        self.result(self.jobs.work(self.argument()))
        self.assertEqual(self.failed(id).code, "validate-width")
        self.assertEqual(self.scratch.live, set())

    def test_what_passes(self) -> None:
        """Is tried again."""
        self.media.failure = Overloaded()
        id = self.queue()
        self.assertIsInstance(self.failureOf(self.jobs.work(self.argument())), Overloaded)
        self.assertIsNone(self.upload(id).result)
        self.assertEqual(self.scratch.live, set())

    def test_a_fault_of_ours(self) -> None:
        """Is told without details, and goes to the log."""
        id = self.queue()
        self.media.on_work = self.stumble
        self.assertIsInstance(self.failureOf(self.jobs.work(self.argument())), ZeroDivisionError)
        self.assertEqual(self.failed(id).code, "unknown-error")

    def stumble(self) -> None:
        """What nobody expected."""
        raise ZeroDivisionError

    def test_lost_bytes(self) -> None:
        """Are told."""
        id = self.queue()
        raw = self.upload(id).identifier
        assert raw is not None
        self.result(self.store.remove(raw))
        self.result(self.jobs.work(self.argument()))
        self.assertEqual(self.failed(id).code, "not-found")
        self.assertEqual(self.scratch.live, set())

    def test_expired(self) -> None:
        """An upload that nobody can claim any more is left alone."""
        id = self.queue()
        argument = self.argument()
        self.result(self.queueing.cancel(id))
        self.result(self.jobs.work(argument))
        self.assertEqual(self.result(self.repo.hashes.count()), 0)

    def test_given_up(self) -> None:
        """A file that ends every worker fails at last."""
        id = self.queue()
        self.result(self.jobs.give_up(self.argument()))
        self.assertEqual(self.failed(id).code, "command-failure")

    def test_not_understood(self) -> None:
        """Payloads of another form are told apart."""
        for bad in (None, {}, {"upload_id": 1}, {"upload_id": 1, "identifier": 2, "operations": 3}):
            self.assertIsInstance(self.failureOf(self.jobs.work(bad)), NotUnderstood)

    def test_failed_media(self) -> None:
        """A child that crashes is no reason to try again and again."""
        self.media.failure = MediaFailed()
        id = self.queue()
        self.result(self.jobs.work(self.argument()))
        self.assertEqual(self.failed(id).code, "command-failure")

    def test_figures(self) -> None:
        """What was queued, and how the work on it ended."""
        self.queue()
        self.result(self.jobs.work(self.argument()))
        self.media.failure = TooWide()
        self.queue()
        self.result(self.jobs.work(self.argument()))
        registry = self.metrics.registry
        queued = figure(registry, "pict_rs_background_upload", completed="true")
        ended = [
            figure(registry, "pict_rs_background_upload_ingest", completed=completed)
            for completed in ("true", "false")
        ]
        self.assertEqual((queued, ended), (2, [1, 1]))
