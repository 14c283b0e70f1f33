"""Uploads, jobs and settings."""

from __future__ import annotations

import json
from uuid import UUID

from twisted.trial.unittest import SynchronousTestCase

from pictd.migration.pict_rs_sled.failures import StoreMigrationInterrupted
from pictd.migration.pict_rs_sled.skips import Reason
from pictd.migration.pict_rs_sled.source import PictRs
from pictd.migration.pict_rs_sled.trees import Name
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedJob, Tally
from pictd.model.records import Queue
from pictd.model.uploads import Upload, Uploaded, UploadFailed
from tests.migration.pict_rs_sled.trees import NOW, FakeTrees

UPLOAD = "3c21e679-b303-4121-b828-f2e6f93c709a"
JOB = "01a1fbe7-650e-70f2-9c89-796c68d48146"
BORN = 1_795_227_608_334_000_000
INGEST = {"Ingest": {"identifier": "raw", "upload_id": UPLOAD, "declared_alias": None}}
SUCCESS = {"Success": {"alias": "a.png", "token": "t"}}
GARBLED = b"v<Xq~<G\xc2\x80abcdefg"
"""A random UUID, which pict-rs takes for text."""


class WorkTests(SynchronousTestCase):
    """Spec sled §11.4."""

    def setUp(self) -> None:
        self.trees = FakeTrees()

    def upload(self, value: bytes) -> None:
        """An upload in that state."""
        self.trees.put(Name.UPLOADS, UUID(UPLOAD).bytes, value)

    def uploads(self, *reasons: Reason) -> list[Upload]:
        """All uploads; what else there is was skipped for these reasons."""
        source = PictRs(self.trees, NOW)
        found = list(source.uploads())
        self.assertEqual(set(source.skipped.counts), set(reasons))
        return found

    def jobs(self, *reasons: Reason) -> list[CarriedJob]:
        """All jobs; what else there is was skipped for these reasons."""
        source = PictRs(self.trees, NOW)
        found = list(source.jobs())
        self.assertEqual(set(source.skipped.counts), set(reasons))
        return found

    def test_pending_upload(self) -> None:
        """It has its raw bytes, and the age of its job."""
        self.upload(b"1")
        self.trees.job(JOB, b"process", INGEST)
        self.assertEqual(self.uploads(), [Upload(UPLOAD, "raw", BORN)])
        self.assertEqual(self.jobs(), [CarriedJob(JOB, Queue.PROCESS, INGEST, BORN, 5)])

    def test_succeeded_upload(self) -> None:
        """It waits to be claimed."""
        self.upload(json.dumps(SUCCESS).encode())
        result = Uploaded(Alias("a", ".png"), DeleteToken("t"))
        self.assertEqual(self.uploads(), [Upload(UPLOAD, None, NOW, result)])

    def test_failed_upload(self) -> None:
        """So does it."""
        self.upload(b'{"Failure":{"message":"no","code":"command-failure"}}')
        wanted = Upload(UPLOAD, None, NOW, UploadFailed("no", "command-failure"))
        self.assertEqual(self.uploads(), [wanted])

    def test_garbled_result(self) -> None:
        """It tells the client the name that works."""
        result = {"alias": GARBLED.decode() + ".png", "token": GARBLED.decode()}
        self.upload(json.dumps({"Success": result}).encode())
        (found,) = self.uploads()
        name = str(UUID(bytes=GARBLED))
        self.assertEqual(found.result, Uploaded(Alias(name, ".png"), DeleteToken(name)))

    def test_pending_upload_without_a_job(self) -> None:
        """Nothing would ever complete it."""
        self.upload(b"1")
        self.assertEqual(self.uploads(Reason.UPLOAD_WITHOUT_JOB), [])

    def test_unreadable_uploads(self) -> None:
        """The others stay."""
        self.upload(json.dumps(SUCCESS).encode())
        self.trees.put(Name.UPLOADS, b"short", b"2")
        self.trees.put(Name.UPLOADS, bytes(16), b"{")
        self.assertEqual(len(self.uploads(Reason.UPLOAD_UNREADABLE)), 1)

    def test_job_without_an_upload(self) -> None:
        """It gets one: else its raw bytes would stay for good."""
        self.trees.job(JOB, b"process", INGEST)
        self.assertEqual(self.uploads(), [Upload(UPLOAD, "raw", BORN)])

    def test_job_of_an_upload_that_is_done(self) -> None:
        """A second attempt would make a failure of it; its raw bytes may be there still."""
        self.upload(json.dumps(SUCCESS).encode())
        self.trees.job(JOB, b"process", INGEST)
        payload = {"Identifier": {"identifier": "raw"}}
        wanted = CarriedJob(JOB, Queue.CLEANUP, payload, BORN, 5)
        self.assertEqual(self.jobs(Reason.JOB_DONE), [wanted])
        self.assertEqual(len(self.uploads()), 1)

    def test_attempts_and_unique_keys(self) -> None:
        """Are kept."""
        key = self.trees.job(JOB, b"cleanup", "Prune")
        self.trees.put(Name.RETRIES, key, (2).to_bytes(8, "big"))
        self.trees.put(Name.UNIQUE_JOBS, b"prune-missing", key)
        wanted = CarriedJob(JOB, Queue.CLEANUP, "Prune", BORN, 2, "prune-missing")
        self.assertEqual(self.jobs(), [wanted])

    def test_impossible_attempts(self) -> None:
        """A job that is there has one at least, and none has more than there are."""
        key = self.trees.job(JOB, b"cleanup", "Prune")
        for stored, wanted in ((bytes(8), 1), (b"\xff" * 8, 5), (b"?", 5)):
            self.trees.put(Name.RETRIES, key, stored)
            self.assertEqual(self.jobs()[0].attempts_left, wanted)

    def test_order(self) -> None:
        """Jobs may be taken in the order in which they came."""
        later = JOB.replace("650e", "650f")
        self.trees.job(later, b"cleanup", "AllVariants")
        self.trees.job(JOB, b"cleanup", "Prune")
        dues = [job.due for job in self.jobs()]
        self.assertEqual(dues, [BORN, BORN + 1_000_000])

    def test_old_ids(self) -> None:
        """Some tell no time."""
        self.trees.job(UPLOAD, b"cleanup", "Prune")
        self.assertEqual(self.jobs()[0].due, NOW)

    def test_garbled_jobs(self) -> None:
        """They work on the alias that is meant."""
        garbled, name = GARBLED.decode(), str(UUID(bytes=GARBLED))
        self.trees.job(JOB, b"cleanup", {"Alias": {"alias": garbled, "token": garbled}})
        self.assertEqual(self.jobs()[0].payload, {"Alias": {"alias": name, "token": name}})
        self.trees.content.clear()
        self.trees.job(JOB, b"process", {"Generate": {"source": garbled, "process_path": "webp"}})
        wanted = {"Generate": {"source": name, "process_path": "webp"}}
        self.assertEqual(self.jobs()[0].payload, wanted)

    def test_unreadable_jobs(self) -> None:
        """The others stay."""
        self.trees.job(JOB, b"cleanup", "Prune")
        self.trees.job(JOB, b"unknown", "Prune")
        self.trees.job(JOB, b"process", {"Ingest": {}})
        self.trees.put(Name.QUEUE, b"cleanup" + bytes(16), b"{")
        self.trees.put(Name.QUEUE, b"cleanup", b"{}")
        self.assertEqual(len(self.jobs(Reason.JOB_UNREADABLE)), 1)

    def test_settings(self) -> None:
        """Those that mean something here."""
        kept = {"migrate-0.4": b"migrated", "prune-missing-started": b"1", "404-alias": b"a.png"}
        for name, value in (kept | {"last-path": b"x", "strange": b"y"}).items():
            self.trees.put(Name.SETTINGS, name.encode(), value)
        source = PictRs(self.trees, NOW)
        self.assertEqual(source.settings(), kept)
        self.assertEqual(source.skipped.counts, {Reason.SETTING_UNKNOWN: 1})

    def test_unreadable_not_found_image(self) -> None:
        """There is none then."""
        self.trees.put(Name.SETTINGS, b"404-alias", b"\xff")
        source = PictRs(self.trees, NOW)
        self.assertEqual(source.settings(), {})
        self.assertEqual(source.skipped.counts, {Reason.SETTING_UNKNOWN: 1})


class SourceTests(SynchronousTestCase):
    """The door."""

    def test_interrupted_store_migration(self) -> None:
        """The files lie in two stores: nothing is taken over."""
        trees = FakeTrees()
        trees.put(Name.MOVED, b"new", b"old")
        self.assertRaises(StoreMigrationInterrupted, PictRs, trees, NOW)

    def test_unknown_trees(self) -> None:
        """Are told."""
        trees = FakeTrees()
        trees.content = {b"__sled__default": {}, b"pict-rs-new-tree": {}}
        skipped = PictRs(trees, NOW).skipped
        self.assertEqual(skipped.examples, {Reason.TREE_UNKNOWN: ("pict-rs-new-tree",)})

    def test_empty(self) -> None:
        """A server that was never used."""
        source = PictRs(FakeTrees(), NOW)
        self.assertEqual(list(source.originals()), [])
        self.assertEqual(source.tally(), Tally())
