"""What every repo promises of all its records, taken out and put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from pictd.interfaces.repos import IRepo
from pictd.model.alias import Alias
from pictd.model.carried import CarriedJob, CarriedOriginal, CarriedProxy, CarriedVariant, Tally
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Queue
from pictd.model.settings import HEALTH
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

PENDING = Upload("c61422e1-9294-4f1f-977f-c696b7939467", "raw/1", 7 * TICK)
DONE = Upload(
    "d61422e1-9294-4f1f-977f-c696b7939467", None, 8 * TICK, Uploaded(Alias("a"), token_of("a"))
)
FAILED = Upload("e61422e1-9294-4f1f-977f-c696b7939467", None, 9 * TICK, UploadFailed("no", "code"))
UPLOADS = (PENDING, DONE, FAILED)


def everything(number: int) -> CarriedOriginal:
    """Content number so-and-so, with two of everything that may hang on it."""
    first, second = Alias.parse(f"name-{number}.png"), Alias.parse(f"other-{number}.x.y")
    still = attrs.evolve(record_of(number), blurhash=f"LKO2{number}", motion=f"still/{number}")
    identifiers = (still.identifier, f"still/{number}", f"v/{number}/a", f"v/{number}/b")
    return CarriedOriginal(
        still,
        {first: token_of(str(first)), second: token_of(str(second))},
        [
            CarriedProxy(f"https://example.org/{number}?a", first, 1_700_000_000_123_456_000),
            CarriedProxy(f"https://example.org/{number}?b", second, 3 * TICK),
        ],
        [
            CarriedVariant("resize/20/webp", f"v/{number}/a", 1_700_000_000_999_999_000),
            CarriedVariant("thumbnail/96/webp", f"v/{number}/b", 5 * TICK),
        ],
        {each: details_at(place) for place, each in enumerate(identifiers, number)},
    )


def bare(number: int) -> CarriedOriginal:
    """Content number so-and-so, and nothing on it."""
    return CarriedOriginal(record_of(number), {}, [], [], {})


def job(payload: object, **changes: Any) -> CarriedJob:
    """Of the queue for processing."""
    return attrs.evolve(CarriedJob("1", Queue.PROCESS, payload, 6 * TICK, 4), **changes)


async def all_originals(repo: IRepo, limit: int = 100) -> list[CarriedOriginal]:
    """Page by page."""
    found: list[CarriedOriginal] = []
    after: Hash | None = None
    while page := await repo.records.originals(after, limit):
        found += page
        after = page[-1].record.hash
    return found


async def all_jobs(repo: IRepo, limit: int = 100) -> list[CarriedJob]:
    """Page by page, without their ids, by what they are."""
    found: list[CarriedJob] = []
    after: str | None = None
    while page := await repo.records.jobs(after, limit):
        found += page
        after = page[-1].id
    return sorted((attrs.evolve(each, id="") for each in found), key=lambda each: str(each.payload))


class _RecordsContract(RepoContract):
    """What the halves share; see ``tests.contracts.repo``."""

    async def carry(self, *originals: CarriedOriginal) -> None:
        """Add these."""
        await self.repo.records.add_originals(originals)

    async def found(self) -> dict[Hash, CarriedOriginal]:
        """All that there are."""
        return {each.record.hash: each for each in await all_originals(self.repo)}

    async def only(self) -> CarriedOriginal:
        """The one that there is."""
        (original,) = (await self.found()).values()
        return original


class OriginalsContract(_RecordsContract):
    """``IRecords``: originals."""

    async def test_carries_everything(self) -> None:
        """What was added comes out as it was, times to the microsecond."""
        await self.carry(everything(1), bare(2), everything(3))
        self.assertEqual(
            await self.found(),
            {hash_of(1): everything(1), hash_of(2): bare(2), hash_of(3): everything(3)},
        )

    async def test_what_was_carried_serves(self) -> None:
        """Every facet finds it."""
        await self.carry(everything(1))
        repo, carried = self.repo, everything(1)
        original = await repo.aliases.find(Alias.parse("name-1.png"))
        assert original is not None
        self.assertEqual(original.record, carried.record)
        self.assertEqual(original.token, token_of("name-1.png"))
        self.assertEqual(original.details, details_at(1))
        variant = await repo.variants.find(hash_of(1), "thumbnail/96/webp")
        self.assertEqual(variant and variant.identifier, "v/1/b")
        found = await repo.proxies.find("https://example.org/1?b")
        self.assertEqual(found, Alias.parse("other-1.x.y"))
        self.assertTrue(await repo.refers_to("still/1"))

    async def test_what_was_published_is_carried(self) -> None:
        """As the facets wrote it."""
        naming = naming_of("a.png", "http://x/", 3 * TICK)
        await self.repo.hashes.publish(record_of(1), details_at(1), naming)
        await self.repo.variants.add(hash_of(1), "webp", "v1", details_at(2), 4 * TICK)
        await self.repo.hashes.set_motion(hash_of(1), None, "still", details_at(3))
        await self.repo.hashes.set_blurhash(hash_of(1), "LKO2")
        alias = Alias.parse("a.png")
        expected = CarriedOriginal(
            attrs.evolve(record_of(1), motion="still", blurhash="LKO2"),
            {alias: token_of("a.png")},
            [CarriedProxy("http://x/", alias, 3 * TICK)],
            [CarriedVariant("webp", "v1", 4 * TICK)],
            {"identifier/1.png": details_at(1), "v1": details_at(2), "still": details_at(3)},
        )
        self.assertEqual(await self.only(), expected)

    async def test_pages(self) -> None:
        """Of whatever length: everything once, to an empty one."""
        await self.carry(*(everything(number) for number in range(1, 8)))
        for limit in (1, 3, 7, 100):
            found = await all_originals(self.repo, limit)
            self.assertEqual(len(found), 7)
            self.assertEqual({each.record.hash for each in found}, set(map(hash_of, range(1, 8))))

    async def test_pages_while_others_come_and_go(self) -> None:
        """What is there throughout is seen once; a page begins behind what is gone, too."""
        await self.carry(*(everything(number) for number in range(10, 20)))
        first = await self.repo.records.originals(None, 4)
        gone = first[-1].record.hash
        await self.repo.hashes.purge(gone)
        await self.carry(*(bare(number) for number in (1, 2, 98, 99)))
        rest = await self.repo.records.originals(gone, 100)
        seen = [each.record.hash for each in (*first, *rest)]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(set(map(hash_of, range(10, 20))) - set(seen), set())

    async def test_stored(self) -> None:
        """Those that are there, whole; no hash at all finds nothing."""
        await self.carry(everything(1), everything(2), bare(3))
        found = await self.repo.records.stored([hash_of(3), hash_of(9), hash_of(1)])
        self.assertEqual(
            {each.record.hash: each for each in found},
            {hash_of(1): everything(1), hash_of(3): bare(3)},
        )
        self.assertEqual(list(await self.repo.records.stored([])), [])

    async def test_adding_again_changes_nothing(self) -> None:
        """Whether alone, or among others."""
        await self.carry(everything(1))
        await self.carry(everything(1), everything(2))
        await self.carry(everything(2), everything(1))
        self.assertEqual(await self.found(), {hash_of(1): everything(1), hash_of(2): everything(2)})

    async def test_adding_nothing(self) -> None:
        """Is no failure."""
        await self.carry()
        self.assertEqual(await self.repo.records.tally(), Tally())

    async def test_no_jobs_come_of_adding(self) -> None:
        """Nobody has to clean up anything."""
        await self.carry(everything(1))
        self.assertEqual(await self.doomed(), [])


class ConflictsContract(_RecordsContract):
    """``IRecords``: what is there already."""

    async def test_a_known_record_stays(self) -> None:
        """What it lacks is added to it; details of bytes that nobody refers to are not."""
        await self.publish(1, "before")
        earlier = record_of(1)
        moved = attrs.evolve(everything(1).record, identifier="elsewhere", motion=None)
        details = {"elsewhere": details_at(1), "v/1/a": details_at(3), "v/1/b": details_at(4)}
        await self.carry(attrs.evolve(everything(1), record=moved, details=details))
        found = await self.only()
        self.assertEqual(found.record, earlier)
        self.assertEqual({"before", "name-1.png"} - set(map(str, found.aliases)), set())
        self.assertEqual(len(found.variants), 2)
        self.assertEqual(set(found.details), {earlier.identifier, "v/1/a", "v/1/b"})
        self.assertIsNone(await self.repo.details.find("elsewhere"))

    async def test_a_known_alias_stays(self) -> None:
        """With its content and its token; URLs do not change sides."""
        await self.publish(9, "name-1.png")
        await self.carry(everything(1))
        original = await self.repo.aliases.find(Alias.parse("name-1.png"))
        assert original is not None
        self.assertEqual(original.record.hash, hash_of(9))
        found = await self.found()
        self.assertEqual([str(each) for each in found[hash_of(1)].aliases], ["other-1.x.y"])
        urls = [[each.url[-1] for each in found[hash_of(at)].proxies] for at in (1, 9)]
        self.assertEqual(urls, [["b"], []])

    async def test_a_known_url_stays(self) -> None:
        """With its alias, and the moment of its last access."""
        naming = naming_of("nine", "https://example.org/1?a", 4 * TICK)
        await self.repo.hashes.publish(record_of(9), details_at(9), naming)
        await self.carry(everything(1))
        found = await self.found()
        kept = CarriedProxy("https://example.org/1?a", Alias("nine"), 4 * TICK)
        self.assertEqual(list(found[hash_of(9)].proxies), [kept])
        self.assertEqual(list(found[hash_of(1)].proxies), [everything(1).proxies[1]])

    async def test_a_known_variant_stays(self) -> None:
        """The details of the other one's bytes are left out."""
        await self.publish(1, "name-1.png")
        await self.repo.variants.add(hash_of(1), "thumbnail/96/webp", "mine", details_at(2), TICK)
        await self.carry(everything(1))
        found = await self.only()
        self.assertEqual([each.identifier for each in found.variants], ["v/1/a", "mine"])
        self.assertIsNone(await self.repo.details.find("v/1/b"))

    async def test_known_details_stay(self) -> None:
        """The first record counts, as everywhere."""
        await self.repo.details.save("still/1", details_at(77))
        await self.carry(everything(1))
        self.assertEqual((await self.only()).details["still/1"], details_at(77))

    async def test_another_ones_identifier(self) -> None:
        """Content that claims the bytes of other content is left out, with all that hangs on it;
        the rest of the batch is not."""
        await self.publish(9, "nine")
        claimed = attrs.evolve(everything(1).record, identifier="identifier/9.png")
        await self.carry(attrs.evolve(everything(1), record=claimed), everything(2))
        self.assertEqual(set(await self.found()), {hash_of(9), hash_of(2)})
        self.assertIsNone(await self.repo.aliases.find(Alias.parse("name-1.png")))


class OthersContract(_RecordsContract):
    """``IRecords``: uploads, jobs, settings, counts."""

    async def uploads(self, limit: int = 100) -> list[Upload]:
        """Page by page."""
        found: list[Upload] = []
        after: str | None = None
        while page := await self.repo.records.uploads(after, limit):
            found += page
            after = page[-1].id
        return found

    async def add_jobs(self, *jobs: CarriedJob) -> None:
        """In one step."""
        await self.repo.records.add_jobs(jobs)

    async def test_uploads_are_carried(self) -> None:
        """Pending and completed, each once, with no job of their own."""
        await self.repo.records.add_uploads(UPLOADS)
        for limit in (1, 2, 100):
            self.assertEqual(await self.uploads(limit), list(UPLOADS))
        self.assertEqual(await self.repo.jobs.length(Queue.PROCESS), 0)
        self.assertTrue(await self.repo.refers_to("raw/1"))
        self.assertTrue(await self.repo.uploads.claim(DONE.id))

    async def test_a_known_upload_stays(self) -> None:
        """A result is not undone."""
        await self.repo.records.add_uploads([PENDING])
        await self.repo.uploads.fail(PENDING.id, "no", "code")
        await self.repo.records.add_uploads(UPLOADS)
        failed = attrs.evolve(PENDING, identifier=None, result=UploadFailed("no", "code"))
        self.assertEqual(await self.uploads(), [failed, DONE, FAILED])
        self.assertFalse(await self.repo.refers_to("raw/1"))

    async def test_jobs_are_carried(self) -> None:
        """With the moment when they are due, the attempts that are left, and their keys."""
        jobs = [job({"A": 1}), job("B", attempts_left=0, queue=Queue.CLEANUP, unique_key="b")]
        await self.add_jobs(*jobs)
        expected = sorted((attrs.evolve(it, id="") for it in jobs), key=lambda it: str(it.payload))
        for limit in (1, 100):
            self.assertEqual(await all_jobs(self.repo, limit), expected)

    async def test_carried_jobs_are_worked_on(self) -> None:
        """Once they are due, with the attempts that are left."""
        await self.add_jobs(job("a", attempts_left=1), job("b", attempts_left=0, due=8 * TICK))
        self.assertIsNone(await self.repo.jobs.pop(Queue.PROCESS, "w", 5 * TICK, FAR))
        first = await self.repo.jobs.pop(Queue.PROCESS, "w", 6 * TICK, FAR)
        assert first is not None
        self.assertEqual((first.payload, first.attempts_left, first.exhausted), ("a", 0, False))
        second = await self.repo.jobs.pop(Queue.PROCESS, "w", 8 * TICK, FAR)
        self.assertTrue(second is not None and second.exhausted)

    async def test_a_job_at_work_is_carried(self) -> None:
        """With the attempt that is being made counted."""
        await self.repo.jobs.push(Queue.PROCESS, "a", 5 * TICK)
        await self.repo.jobs.pop(Queue.PROCESS, "w", 5 * TICK, FAR)
        (carried,) = await all_jobs(self.repo)
        self.assertEqual(carried, CarriedJob("", Queue.PROCESS, "a", 5 * TICK, 4))

    async def test_adding_jobs_again_changes_nothing(self) -> None:
        """Those of one payload or one key are one job; queues are apart."""
        await self.repo.jobs.push(Queue.PROCESS, {"a": 1, "b": [2]}, 5 * TICK)
        await self.repo.jobs.push(Queue.CLEANUP, "kept", 5 * TICK, "key")
        again = (job({"b": [2], "a": 1}), job("other", unique_key="key"), job("c"), job("c"))
        await self.add_jobs(*again)
        await self.add_jobs(*again, job("c", queue=Queue.CLEANUP))
        found = [(it.queue, it.payload) for it in await all_jobs(self.repo)]
        expected = [
            (Queue.CLEANUP, "c"),
            (Queue.CLEANUP, "kept"),
            (Queue.PROCESS, "c"),
            (Queue.PROCESS, {"a": 1, "b": [2]}),
        ]
        self.assertEqual(sorted(found, key=lambda it: (it[0].value, str(it[1]))), expected)

    async def test_settings_are_carried(self) -> None:
        """Those that are there stay; that of the health check is nobody else's."""
        await self.repo.settings.set("a", b"mine")
        await self.repo.settings.set(HEALTH, b"12345678")
        await self.repo.records.add_settings({"a": b"yours", "b": b"\x00\xff"})
        expected: Mapping[str, bytes] = {"a": b"mine", "b": b"\x00\xff"}
        self.assertEqual(await self.repo.records.settings(), expected)

    async def test_tally(self) -> None:
        """Of everything that would be carried."""
        await self.carry(everything(1), everything(2), bare(3))
        await self.repo.records.add_uploads(UPLOADS)
        await self.add_jobs(job("a"), job("b"))
        await self.repo.settings.set(HEALTH, b"12345678")
        await self.repo.settings.set("404-alias", b"x")
        expected = Tally(3, 4, 4, 4, uploads=3, jobs=2, settings=1)
        self.assertEqual(await self.repo.records.tally(), expected)

    async def test_nothing_of_nothing(self) -> None:
        """A new repo has no pages."""
        records = self.repo.records
        empty: Sequence[Sequence[object]] = [
            await records.originals(None, 10),
            await records.uploads(None, 10),
            await records.jobs(None, 10),
        ]
        self.assertEqual([list(page) for page in empty], [[], [], []])
        self.assertEqual(await records.settings(), {})
        self.assertEqual(await records.tally(), Tally())

    async def test_exact_moments(self) -> None:
        """To the microsecond, whenever they were."""
        moments = (0, TICK, 1_999_999_999_999_999_000, 253_000_000_000_000_001_000 // 1000)
        records = [
            HashRecord(hash_of(number), f"i/{number}", moment // TICK * TICK)
            for number, moment in enumerate(moments)
        ]
        await self.carry(*(CarriedOriginal(record, {}, [], [], {}) for record in records))
        found = await self.found()
        self.assertEqual([found[each.hash].record for each in records], records)
