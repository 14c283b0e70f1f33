"""Every job is killed at each of its steps, and run again: the end is as if it had run once.

A step is a call of the repo or the store. A process that is killed before its first call, between
two, or after its last has no further effect; then another process starts, and does what there is
to do. What is named must be there; and there must be nothing else.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from pictd.catalog.removal import Removal
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate, Recipe
from pictd.ingest.queueing import Queueing
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Filing, Ingested
from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore
from pictd.jobs.cleanup import Cleanup
from pictd.jobs.presence import Presence
from pictd.jobs.processing import Processing, queue_variant
from pictd.jobs.prune import Prune
from pictd.jobs.retention import Lifetimes, Retention
from pictd.jobs.strays import Strays
from pictd.jobs.uploads import QueuedUploads
from pictd.jobs.worker import LEASE, Duty, Worker
from pictd.model.formats import Format, Output
from pictd.model.operations import parse_chain
from pictd.model.records import Original, Queue
from pictd.model.settings import LAST_SEEN
from pictd.model.times import SECOND, from_seconds
from pictd.model.uploads import UploadFailed, UploadQuery
from pictd.repo.memory import MemoryRepo
from pictd.store.memory import MemoryStore
from tests.support.doom import Crash, Fate
from tests.support.media import PlainMedia
from tests.support.services import ServicesTestCase

LIFE = 1000 * SECOND
LIVES = Lifetimes(variants=LIFE, proxies=LIFE, uploads=LIFE)
AGES = 2 * LIFE // SECOND
"""Seconds after which everything is outdated."""


class ListedStore(MemoryStore):
    """One that tells all that it keeps."""

    def identifiers(self) -> set[str]:
        """Of all bytes."""
        return set(self._blobs)


class ListedRepo(MemoryRepo):
    """One that tells what it knows of bytes."""

    def measured(self) -> set[str]:
        """Identifiers that have details."""
        return set(self._tables.details)


@attrs.frozen
class Node:
    """A process at work on the backends, and all that it would do."""

    repo: IRepo
    store: IStore
    media: PlainMedia
    scratch: Any
    clock: IReactorTime

    @property
    def cleanup(self) -> Mapping[str, Duty]:
        """Duties."""
        prune = Prune(self.repo, self.store, self.clock, most_missing=1.0)
        return {**Cleanup(self.repo, self.store, self.clock).duties(), **prune.duties()}

    @property
    def processing(self) -> Mapping[str, Duty]:
        """Duties."""
        backends = (self.repo, self.store, self.media, self.scratch, self.clock)
        ingest = Ingest(Backends(*backends))
        uploads = QueuedUploads(self.repo, self.store, self.scratch, ingest)
        generate = Generate(GenerateBackends(*backends))
        return {**Processing(self.repo, generate).duties(), **uploads.duties()}

    def services(self) -> list[Any]:
        """As a daemon has them: one of each is enough."""
        return [
            Strays(self.repo, self.store, self.clock, first_grace=0),
            Worker(self.repo, Queue.CLEANUP, self.cleanup, self.clock),
            Worker(self.repo, Queue.PROCESS, self.processing, self.clock),
            Retention(self.repo, Presence(self.repo), LIVES, self.clock),
        ]


class CrashTestCase(ServicesTestCase):
    """Kills, restarts, and compares."""

    def setUp(self) -> None:
        super().setUp()
        self.afresh()

    def tearDown(self) -> None:
        """What killed the processes is logged when their remains are collected; any other error
        fails the test."""
        gc.collect()
        self.flushLoggedErrors(Crash)

    def afresh(self) -> None:
        """Empty backends."""
        self.repo = self.listed_repo = ListedRepo()
        self.store = self.listed_store = ListedStore(self.clock)
        self.media = PlainMedia()
        self.result(self.repo.settings.set(LAST_SEEN, b"%d" % self.now()))

    def now(self) -> int:
        """The clock's moment."""
        return from_seconds(self.clock.seconds())

    def survive(self, prepare: Callable[[], None]) -> int:
        """Let it happen without a crash, then with one at each step.

        :param prepare: leaves something to do.
        :return: how many steps there are.
        """
        self.afresh()
        prepare()
        self.restart()
        wanted = self.state()
        allowed, struck = 0, True
        while struck:
            self.afresh()
            prepare()
            struck = self.kill_after(allowed)
            self.restart()
            self.assertEqual(self.state(), wanted, f"killed after {allowed} calls")
            self.assert_tidy()
            allowed += 1
        return allowed - 1

    def kill_after(self, calls: int) -> bool:
        """Let a process live for so many calls; whether it wanted more."""
        fate = Fate(calls)
        node = Node(
            fate.repo(self.repo), fate.store(self.store), self.media, self.scratch, self.clock
        )
        self.run_for_a_while(node)
        return fate.struck

    def restart(self) -> None:
        """Let another process do what is left, when the leases of a dead one have ended."""
        self.clock.advance(2 * LEASE)
        node = Node(self.repo, self.store, self.media, self.scratch, self.clock)
        self.run_for_a_while(node)

    def run_for_a_while(self, node: Node) -> None:
        """Start a process, and stop it."""
        services = node.services()
        for service in services:
            service.startService()
        self.clock.pump([0.5] * 20)
        for service in services:
            stopped = service.stopService()
            if isinstance(stopped, Deferred):
                stopped.addErrback(lambda failure: failure.trap(Crash))

    def state(self) -> object:
        """What clients could see, without the names that are made up."""
        originals = []
        for entry in self.result(self.repo.hashes.page(None, 100)).entries:
            variants = self.result(self.repo.variants.of_hash(entry.record.hash))
            read = {key: self.read(identifier) for key, identifier in variants.items()}
            bytes = self.read(entry.record.identifier)
            motion = entry.record.motion and self.read(entry.record.motion)
            originals.append((bytes, motion, len(entry.aliases), read))
        return originals, self.uploads()

    def uploads(self) -> list[str]:
        """How they stand."""
        found = self.result(self.repo.uploads.expired(2**62, 100))
        return [
            each.result.message
            if isinstance(each.result, UploadFailed)
            else repr(type(each.result))
            for each in found
        ]

    def assert_tidy(self) -> None:
        """No bytes, facts or jobs that nothing refers to; and nothing without its bytes."""
        named = set()
        for entry in self.result(self.repo.hashes.page(None, 100)).entries:
            named |= {entry.record.identifier, *filter(None, [entry.record.motion])}
            named |= set(self.result(self.repo.variants.of_hash(entry.record.hash)).values())
        pending = self.result(self.repo.uploads.expired(2**62, 100))
        named |= {each.identifier for each in pending if each.identifier is not None}
        self.assertEqual(self.listed_store.identifiers(), named)
        self.assertEqual(self.listed_repo.measured() - named, set())
        self.assertEqual(self.result(self.store.strays(2**63)), [])
        for queue in Queue:
            self.assertEqual(self.result(self.repo.jobs.length(queue)), 0, queue)

    # What there may be to do

    def upload(self, data: bytes = b"picture", url: str | None = None) -> Ingested:
        """Store a file."""
        ingest = Ingest(Backends(*self.backends))
        return self.successResultOf(
            ingest.ingest(self.received(data), UploadQuery(), Filing(url=url))
        )

    def queue_upload(self, data: bytes = b"raw") -> str:
        """Queue a file; its id."""
        queueing = Queueing(Backends(*self.backends))
        return self.successResultOf(queueing.queue(self.received(data), UploadQuery()))

    def original(self, ingested: Ingested) -> Original:
        """What was stored."""
        found = self.find(ingested.alias)
        assert found is not None
        return found

    def variants(self, ingested: Ingested, count: int = 2) -> None:
        """Make some."""
        generate = Generate(GenerateBackends(*self.backends))
        for side in range(1, count + 1):
            self.result(generate.make(self.original(ingested), _recipe(side)))

    def push(self, payload: object) -> None:
        """A job of the cleanup queue."""
        self.result(self.repo.jobs.push(Queue.CLEANUP, payload, 0))


class CleanupCrashTests(CrashTestCase):
    """Jobs of the cleanup queue."""

    def test_identifier(self) -> None:
        """Bytes, and then their details."""

        def prepare() -> None:
            identifier = self.original(self.upload()).record.identifier
            self.result(self.repo.aliases.remove(self.upload(b"other").alias))
            self.push({"Identifier": {"identifier": identifier}})  # which is referred to

        self.assertGreater(self.survive(prepare), 5)

    def test_the_last_alias(self) -> None:
        """Takes original and variants with it."""

        def prepare() -> None:
            ingested = self.upload()
            self.variants(ingested)
            self.result(self.repo.aliases.remove(ingested.alias))

        self.assertGreater(self.survive(prepare), 15)

    def test_alias(self) -> None:
        """With its token, as pict-rs queues it."""

        def prepare() -> None:
            ingested = self.upload()
            self.variants(ingested)
            alias, token = str(ingested.alias), ingested.token.text
            self.push({"Alias": {"alias": alias, "token": token}})

        self.assertGreater(self.survive(prepare), 15)

    def test_hash(self) -> None:
        """Which has an alias, and therefore stays."""

        def prepare() -> None:
            hash = self.original(self.upload()).record.hash
            self.push({"Hash": {"hash": hash.as_json()}})

        self.assertGreater(self.survive(prepare), 2)

    def test_one_variant_and_all(self) -> None:
        """Of one file, while another keeps its own."""

        def prepare() -> None:
            few, none = self.upload(b"few"), self.upload(b"none")
            for each in (few, none):
                self.variants(each, 3)
            hash = self.original(few).record.hash.as_json()
            self.push({"Variant": {"hash": hash, "variant": _recipe(1).key}})
            self.push({"Variant": {"hash": self.original(none).record.hash.as_json()}})

        self.assertGreater(self.survive(prepare), 15)

    def test_all_variants(self) -> None:
        """Of all files."""

        def prepare() -> None:
            for number in range(3):
                self.variants(self.upload(b"%d" % number))
            removal = Removal(self.repo, self.clock)
            self.result(removal.drop_all_variants())

        self.assertGreater(self.survive(prepare), 25)

    def test_purge(self) -> None:
        """Of a file with several names."""

        def prepare() -> None:
            ingested = self.upload()
            self.upload()
            self.variants(ingested)
            self.result(Removal(self.repo, self.clock).purge(ingested.alias))

        self.assertGreater(self.survive(prepare), 15)

    def test_prune(self) -> None:
        """Of originals without bytes, whose variants have theirs."""

        def prepare() -> None:
            for number in range(4):
                ingested = self.upload(b"%d" % number)
                self.variants(ingested, 1)
                if number % 2:
                    self.result(self.store.remove(self.original(ingested).record.identifier))
            self.push("Prune")

        self.assertGreater(self.survive(prepare), 25)


class ProcessCrashTests(CrashTestCase):
    """Jobs of the process queue."""

    def test_ingest(self) -> None:
        """The upload is published once, and its raw bytes go."""

        def prepare() -> None:
            self.queue_upload()

        self.assertGreater(self.survive(prepare), 10)

    def test_ingest_of_known_content(self) -> None:
        """The file gets one more name, and no more."""

        def prepare() -> None:
            self.upload(b"raw")
            self.queue_upload(b"raw")

        self.assertGreater(self.survive(prepare), 8)

    def test_ingest_of_lost_bytes(self) -> None:
        """The upload fails, and says so."""

        def prepare() -> None:
            upload = self.result(self.repo.uploads.find(self.queue_upload()))
            assert upload is not None and upload.identifier is not None
            self.result(self.store.remove(upload.identifier))

        self.assertGreater(self.survive(prepare), 5)

    def test_generate(self) -> None:
        """The variant is there once."""

        def prepare() -> None:
            alias = self.upload().alias
            self.result(queue_variant(self.repo, alias, _recipe(5), self.clock))

        self.assertGreater(self.survive(prepare), 7)

    def test_generate_from_a_video(self) -> None:
        """The still frame is kept as well, once."""

        def prepare() -> None:
            self.media.format = Format.VIDEO_MP4
            alias = self.upload().alias
            self.result(queue_variant(self.repo, alias, _recipe(5), self.clock))

        self.assertGreater(self.survive(prepare), 12)


class RetentionCrashTests(CrashTestCase):
    """Sweeps."""

    def age(self) -> None:
        """Let everything become outdated; the server was there all the time."""
        self.clock.advance(AGES)

    def test_outdated_variants(self) -> None:
        """Of several files; one that was asked for stays."""

        def prepare() -> None:
            for number in range(3):
                self.variants(self.upload(b"%d" % number))
            hash = self.original(self.upload(b"0")).record.hash
            self.age()
            self.result(self.repo.variants.touch({(hash, _recipe(1).key): 2**60}))

        self.assertGreater(self.survive(prepare), 25)

    def test_outdated_proxies(self) -> None:
        """One alone, and one whose content was uploaded as well."""

        def prepare() -> None:
            self.upload(b"one", "http://example.com/1")
            self.upload(b"two", "http://example.com/2")
            self.upload(b"two")
            self.age()

        self.assertGreater(self.survive(prepare), 10)

    def test_unclaimed_uploads(self) -> None:
        """One that failed, and one that was published."""

        def prepare() -> None:
            for data in (b"good", b"bad"):
                id = self.queue_upload(data)
                if data == b"bad":
                    self.result(self.repo.uploads.fail(id, "bad", "code"))
            node = Node(self.repo, self.store, self.media, self.scratch, self.clock)
            self.run_for_a_while(node)
            self.age()

        self.assertGreater(self.survive(prepare), 10)


def _recipe(side: int) -> Recipe:
    return Recipe(parse_chain([("resize", str(side))]), Output.PNG)
