"""What every repo promises of queued uploads."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from pictd.errors import AliasAlreadyExists, UploadGone, UrlAlreadyProxied
from pictd.model.alias import Alias
from pictd.model.records import Naming, Published, Queue
from pictd.model.uploads import Upload, Uploaded, UploadFailed
from tests.contracts.repo import (
    FAR,
    TICK,
    RepoContract,
    details_at,
    hash_of,
    naming_of,
    record_of,
    token_of,
)

FIRST = "c61422e1-9294-4f1f-977f-c696b7939467"
SECOND = "d61422e1-9294-4f1f-977f-c696b7939467"
PAYLOAD = {"Ingest": {"identifier": "raw/1", "upload_id": FIRST}}
RAW = "raw/1"


class _UploadsContract(RepoContract):
    """What both halves share; see ``tests.contracts.repo``."""

    async def begin(self, id: str = FIRST, identifier: str = RAW, now: int = 7) -> None:
        """Queue an upload."""
        await self.repo.uploads.begin(id, identifier, PAYLOAD, now * TICK)

    async def complete(self, number: int = 1, alias: str = "one", id: str = FIRST) -> Published:
        """By publishing content number so-and-so."""
        return await self.repo.hashes.publish(
            record_of(number), details_at(number), naming_of(alias, upload=id)
        )


class UploadsContract(_UploadsContract):
    """``IUploads`` but for the ends of uploads."""

    async def test_begins_with_its_job(self) -> None:
        """The record is pending, and the job is there."""
        await self.begin()
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, RAW, 7 * TICK))
        self.assertIsNone(await self.repo.jobs.pop(Queue.PROCESS, "w", 6 * TICK, FAR))
        job = await self.repo.jobs.pop(Queue.PROCESS, "w", 7 * TICK, FAR)
        assert job is not None
        self.assertEqual(job.payload, PAYLOAD)

    async def test_begin_wakes_workers(self) -> None:
        """As any push."""
        waiter = Deferred.fromCoroutine(self.repo.jobs.wait(Queue.PROCESS))
        await self.begin()
        await waiter

    async def test_unknown_upload(self) -> None:
        """Whatever a client sends as an id: none is found, none can be claimed."""
        await self.begin()
        for id in (SECOND, "", FIRST.upper(), "\udcff", "a\x00b"):
            self.assertIsNone(await self.repo.uploads.find(id))
            self.assertFalse(await self.repo.uploads.claim(id))

    async def test_publishing_completes(self) -> None:
        """The result has alias and token; the raw bytes get a job; they are not referred to."""
        await self.begin()
        self.assertTrue(await self.repo.refers_to(RAW))
        self.assertTrue((await self.complete()).created)
        result = Uploaded(Alias("one"), token_of("one"))
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, None, 7 * TICK, result))
        self.assertFalse(await self.repo.refers_to(RAW))
        self.assertEqual(await self.doomed(), [RAW])

    async def test_another_name_completes(self) -> None:
        """Where the content is stored already."""
        await self.publish(1, "one")
        await self.begin()
        added = await self.repo.aliases.add(naming_of("two", upload=FIRST), hash_of(1))
        self.assertTrue(added)
        upload = await self.repo.uploads.find(FIRST)
        assert upload is not None
        self.assertEqual(upload.result, Uploaded(Alias("two"), token_of("two")))
        self.assertEqual(await self.doomed(), [RAW])

    async def test_content_that_is_gone_completes_nothing(self) -> None:
        """The upload stays pending."""
        await self.begin()
        added = await self.repo.aliases.add(naming_of("two", upload=FIRST), hash_of(1))
        self.assertFalse(added)
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, RAW, 7 * TICK))

    async def test_publishing_for_an_upload_that_is_gone(self) -> None:
        """Unknown, or completed already: nothing of the step is there."""
        await self.begin()
        await self.complete()
        for id in (FIRST, SECOND):
            with self.assertRaises(UploadGone):
                await self.complete(2, "two", id)
            with self.assertRaises(UploadGone):
                await self.repo.aliases.add(naming_of("two", upload=id), hash_of(1))
        self.assertIsNone(await self.repo.aliases.find(Alias("two")))
        self.assertIsNone(await self.repo.hashes.find(hash_of(2)))
        self.assertIsNone(await self.repo.details.find(record_of(2).identifier))
        self.assertEqual(await self.doomed(), [RAW])

    async def test_a_refused_name_completes_nothing(self) -> None:
        """The upload stays pending, and keeps its raw bytes."""
        url = "https://example.com/cat.png"
        await self.repo.hashes.publish(record_of(1), details_at(1), naming_of("one", url))
        await self.begin()
        for naming, error in (
            (naming_of("one", upload=FIRST), AliasAlreadyExists),
            (naming_of("two", url, upload=FIRST), UrlAlreadyProxied),
        ):
            with self.assertRaises(error):
                await self.repo.hashes.publish(record_of(2), details_at(2), naming)
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, RAW, 7 * TICK))
        self.assertEqual(await self.doomed(), [])

    async def test_failing_completes(self) -> None:
        """The result has message and code, the raw bytes get a job."""
        await self.begin()
        self.assertTrue(await self.repo.uploads.fail(FIRST, "Too wide ↔", "validate-width"))
        result = UploadFailed("Too wide ↔", "validate-width")
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, None, 7 * TICK, result))
        self.assertFalse(await self.repo.refers_to(RAW))
        self.assertEqual(await self.doomed(), [RAW])

    async def test_the_first_result_stays(self) -> None:
        """An upload that was completed, or is unknown, can't fail."""
        await self.begin()
        await self.complete()
        for id in (FIRST, SECOND):
            self.assertFalse(await self.repo.uploads.fail(id, "late", "late"))
        upload = await self.repo.uploads.find(FIRST)
        assert upload is not None
        self.assertIsInstance(upload.result, Uploaded)
        self.assertEqual(await self.doomed(), [RAW])


class UploadEndsContract(_UploadsContract):
    """Waiting, claiming, expiring."""

    def waiting(self, id: str = FIRST) -> Deferred[None]:
        """Somebody who waits for news of the upload."""
        return Deferred.fromCoroutine(self.repo.uploads.wait(id))

    async def test_claiming(self) -> None:
        """The record goes, once; the alias stays."""
        await self.begin()
        await self.complete()
        claims = [await self.repo.uploads.claim(FIRST) for _ in range(2)]
        self.assertEqual(claims, [True, False])
        self.assertIsNone(await self.repo.uploads.find(FIRST))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("one")))

    async def test_claiming_at_the_same_time(self) -> None:
        """One succeeds."""
        await self.begin()
        await self.repo.uploads.fail(FIRST, "a", "b")
        claims = [Deferred.fromCoroutine(self.repo.uploads.claim(FIRST)) for _ in range(5)]
        self.assertEqual(sorted([await claim for claim in claims]), [False] * 4 + [True])

    async def test_claiming_what_is_pending(self) -> None:
        """Nothing happens."""
        await self.begin()
        self.assertFalse(await self.repo.uploads.claim(FIRST))
        self.assertEqual(await self.repo.uploads.find(FIRST), Upload(FIRST, RAW, 7 * TICK))

    async def test_news_wakes_all_who_wait(self) -> None:
        """Success, failure, a claim and expiry; each waiter on its own."""
        await self.begin(now=1)
        waiting = [self.waiting(), self.waiting()]
        await self.complete()
        for waiter in waiting:
            await waiter
        waiter = self.waiting()
        await self.repo.uploads.claim(FIRST)
        await waiter
        await self.begin(SECOND, now=1)
        waiter = self.waiting(SECOND)
        await self.repo.uploads.fail(SECOND, "a", "b")
        await waiter
        waiter = self.waiting(SECOND)
        await self.repo.uploads.expire(SECOND, 2 * TICK)
        await waiter

    async def test_news_of_others_wakes_nobody(self) -> None:
        """Each upload has waiters of its own; one may leave."""
        await self.begin()
        await self.begin(SECOND, "raw/2")
        leaving, staying, other = self.waiting(), self.waiting(), self.waiting(SECOND)
        leaving.cancel()
        await self.assertFailure(leaving, CancelledError)
        await self.complete()
        await staying
        self.assertFalse(other.called)
        other.cancel()
        await self.assertFailure(other, CancelledError)

    async def test_expired_is_what_is_old(self) -> None:
        """Strictly before the moment, oldest first, pending or not."""
        await self.begin(SECOND, "raw/2", now=7)
        await self.begin(FIRST, now=5)
        await self.repo.uploads.fail(FIRST, "a", "b")
        expired = [await self.repo.uploads.expired(before * TICK, 10) for before in (5, 6, 8)]
        failed = Upload(FIRST, None, 5 * TICK, UploadFailed("a", "b"))
        pending = Upload(SECOND, "raw/2", 7 * TICK)
        self.assertEqual([list(each) for each in expired], [[], [failed], [failed, pending]])
        self.assertEqual(list(await self.repo.uploads.expired(8 * TICK, 1)), [failed])

    async def test_a_young_upload_does_not_expire(self) -> None:
        """Nor one that is unknown."""
        await self.begin(now=7)
        self.assertFalse(await self.repo.uploads.expire(FIRST, 7 * TICK))
        self.assertFalse(await self.repo.uploads.expire(SECOND, 99 * TICK))
        self.assertIsNotNone(await self.repo.uploads.find(FIRST))

    async def test_a_pending_upload_expires(self) -> None:
        """With its raw bytes; whoever works on it finds it gone."""
        await self.begin(now=7)
        self.assertTrue(await self.repo.uploads.expire(FIRST, 8 * TICK))
        self.assertIsNone(await self.repo.uploads.find(FIRST))
        self.assertFalse(await self.repo.refers_to(RAW))
        self.assertEqual(await self.doomed(), [RAW])
        with self.assertRaises(UploadGone):
            await self.complete()

    async def test_an_unclaimed_success_loses_its_alias(self) -> None:
        """And the content, if it has no other name."""
        await self.begin()
        await self.complete()
        self.assertTrue(await self.repo.uploads.expire(FIRST, 8 * TICK))
        self.assertIsNone(await self.repo.aliases.find(Alias("one")))
        self.assertIsNone(await self.repo.hashes.find(hash_of(1)))
        self.assertEqual(await self.doomed(), ["identifier/1.png", RAW])

    async def test_an_unclaimed_success_leaves_other_names(self) -> None:
        """Of the same content."""
        await self.begin()
        await self.complete()
        await self.publish(1, "two")
        await self.repo.uploads.expire(FIRST, 8 * TICK)
        self.assertIsNone(await self.repo.aliases.find(Alias("one")))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("two")))
        self.assertEqual(await self.doomed(), [RAW])

    async def test_a_name_that_was_given_again_stays(self) -> None:
        """Its token is another: it is not the unclaimed upload's."""
        await self.begin()
        await self.complete()
        await self.repo.aliases.remove(Alias("one"))
        await self.repo.hashes.publish(
            record_of(2), details_at(2), Naming(Alias("one"), token_of("another"))
        )
        self.assertTrue(await self.repo.uploads.expire(FIRST, 8 * TICK))
        self.assertIsNotNone(await self.repo.aliases.find(Alias("one")))

    async def test_an_unclaimed_failure_expires(self) -> None:
        """Its raw bytes went before."""
        await self.begin()
        await self.repo.uploads.fail(FIRST, "a", "b")
        self.assertTrue(await self.repo.uploads.expire(FIRST, 8 * TICK))
        self.assertIsNone(await self.repo.uploads.find(FIRST))
        self.assertEqual(await self.doomed(), [RAW])
