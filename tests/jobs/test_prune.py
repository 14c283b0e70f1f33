"""Records whose bytes are gone go; where it is the store that is wrong, nothing goes."""

from __future__ import annotations

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, eventAsText

from pictd.errors import StoreUnavailable
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends
from pictd.jobs.prune import SAMPLE, Prune, Sample
from pictd.jobs.walking import PAUSE, STEP
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord, Queue
from pictd.model.uploads import UploadQuery
from pictd.store.memory import MemoryStore
from tests.contracts.repo import details_at, naming_of, record_of
from tests.support.services import ServicesTestCase


class BrokenStore(MemoryStore):
    """One that is not there."""

    async def check(self, read_only: bool = False) -> None:
        """See ``IStore``."""
        raise StoreUnavailable


class PruneTests(ServicesTestCase):
    """Of ten files, as long as nothing else is said, a fifth may be missing."""

    def setUp(self) -> None:
        super().setUp()
        self.ingest = Ingest(Backends(*self.backends))
        self.prune = Prune(self.repo, self.store, self.clock, most_missing=0.2)

    def upload(self, count: int) -> list[str]:
        """Files, oldest first; their identifiers."""
        identifiers = []
        for number in range(count):
            self.clock.advance(1)
            received = self.received(b"%d" % number)
            ingested = self.successResultOf(self.ingest.ingest(received, UploadQuery()))
            original = self.find(ingested.alias)
            assert original is not None
            identifiers.append(original.record.identifier)
        return identifiers

    def lose(self, identifiers: list[str]) -> None:
        """Remove their bytes behind the back of the repo."""
        for identifier in identifiers:
            self.result(self.store.remove(identifier))

    def stored(self) -> int:
        """How many originals are recorded."""
        return self.result(self.repo.hashes.count())

    def work(self) -> str:
        """Prune; what was said."""
        with capturedLogs() as events:
            self.result(self.prune.work(None))
        return "\n".join(eventAsText(event, includeTimestamp=False) for event in events)

    def test_lost_records_go(self) -> None:
        """The others stay, and the count is that of what went."""
        identifiers = self.upload(10)
        self.lose(identifiers[3:5])
        self.assertIn("2 records", self.work())
        progress = self.result(self.prune.progress())
        self.assertEqual((progress.complete, progress.pruned, progress.total), (True, 2, 8))
        self.assertFalse(self.result(self.repo.refers_to(identifiers[3])))
        self.assertTrue(self.result(self.repo.refers_to(identifiers[2])))

    def test_a_rehearsal(self) -> None:
        """Counts what would go; nothing is changed, not even what is told of the last walk."""
        self.lose(self.upload(10)[3:5])
        self.assertEqual(self.result(self.prune.rehearse()), 2)
        progress = self.result(self.prune.progress())
        self.assertEqual((progress.complete, progress.pruned, progress.total), (False, 0, 10))

    def test_who_looks_on(self) -> None:
        """Is told of every original."""
        self.lose(self.upload(10)[3:5])
        counts: list[int] = []
        self.assertEqual(self.result(self.prune.run(counts.append)), 2)
        self.assertEqual(sum(counts), 10)

    def test_what_gets_its_bytes_again(self) -> None:
        """While the walk is at it: it stays, and is not counted."""
        identifiers = self.upload(10)
        self.lose(identifiers[3:4])
        record = self.recorded(identifiers[3])
        find = self.repo.hashes.find

        async def healed(hash: Hash) -> HashRecord | None:
            await self.repo.hashes.heal(hash, record.identifier, "again", details_at(1))
            return await find(hash)

        self.repo.hashes.find = healed  # type: ignore[method-assign]
        self.assertEqual(self.result(self.prune.run()), 0)
        self.assertEqual(self.stored(), 10)

    def recorded(self, identifier: str) -> HashRecord:
        """The record with this identifier."""
        page = self.result(self.repo.hashes.page(None, 100))
        (found,) = (each.record for each in page.entries if each.record.identifier == identifier)
        return found

    def test_nothing_is_lost(self) -> None:
        """The walk ends, with a count of nothing."""
        self.upload(1)
        self.work()
        progress = self.result(self.prune.progress())
        self.assertEqual((progress.complete, progress.pruned, progress.total), (True, 0, 1))

    def test_an_empty_repo(self) -> None:
        """There is nothing to say about a share."""
        self.work()
        self.assertTrue(self.result(self.prune.progress()).complete)

    def test_too_much_is_missing(self) -> None:
        """It is the store that is wrong."""
        self.lose(self.upload(10)[:3])
        self.assertIn("of 10 files 3 are missing", self.work())
        self.assertEqual(self.stored(), 10)
        self.assertFalse(self.result(self.prune.progress()).complete)

    def test_a_store_that_is_away(self) -> None:
        """The job is tried again later."""
        self.lose(self.upload(10)[:1])
        prune = Prune(self.repo, BrokenStore(self.clock), self.clock, most_missing=1.0)
        self.assertIsInstance(self.failureOf(prune.work(None)), StoreUnavailable)
        self.assertEqual(self.stored(), 10)

    def test_what_it_would_do(self) -> None:
        """A sample tells, and changes nothing."""
        self.lose(self.upload(10)[:4])
        self.assertEqual(self.result(self.prune.sample()), Sample(10, 4))
        self.assertEqual(self.stored(), 10)

    def test_it_is_begun_once(self) -> None:
        """A second time only by force, and never twice at a time."""
        for force, queued in ((False, 1), (True, 1)):
            self.result(self.prune.begin(force))
            self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), queued)
        self.work()
        job = self.result(self.repo.jobs.pop(Queue.CLEANUP, "worker", 2**62, 1))
        assert job is not None
        self.result(self.repo.jobs.finish(job, "worker"))
        for force, queued in ((False, 0), (True, 1)):
            self.result(self.prune.begin(force))
            self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), queued)


class SecondDiskTests(ServicesTestCase):
    """More files than a sample holds, and the bytes of the older ones are away."""

    def setUp(self) -> None:
        super().setUp()
        self.prune = Prune(self.repo, self.store, self.clock, most_missing=0.2)

    def record(self, numbers: range, there: bool) -> None:
        """Records alone, or with their bytes."""
        for number in numbers:
            record, naming = record_of(number), naming_of(f"{number}.png")
            if there:
                record = attrs.evolve(record, identifier=self.saved())
            self.result(self.repo.hashes.publish(record, details_at(1), naming))

    def saved(self) -> str:
        """Store some bytes."""
        path = self.received(b"bytes").path
        return self.result(self.store.save(path, ".png", "image/png"))

    def work(self) -> None:
        """Prune, to the end."""
        done = Deferred.fromCoroutine(self.prune.work(None))
        self.assertNoResult(done)
        self.clock.pump([PAUSE] * (2 * 2 * SAMPLE // STEP))
        self.successResultOf(done)

    def test_the_walk_stops(self) -> None:
        """Before more than the allowed share of a sample is removed, and it says so."""
        self.record(range(1, 501), there=False)
        self.record(range(501, 501 + SAMPLE), there=True)
        with capturedLogs() as events:
            self.work()
        progress = self.result(self.prune.progress())
        self.assertFalse(progress.complete)
        self.assertEqual((progress.pruned, progress.total), (200, SAMPLE + 300))
        self.assertIn("pruning stops", "".join(eventAsText(event) for event in events))

    def test_a_few_among_the_older_ones(self) -> None:
        """Go, to the end of the walk."""
        self.record(range(1, 151), there=False)
        self.record(range(151, 151 + SAMPLE), there=True)
        self.work()
        progress = self.result(self.prune.progress())
        self.assertEqual((progress.complete, progress.pruned), (True, 150))
