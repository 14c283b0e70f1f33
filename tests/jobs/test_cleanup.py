"""What cleanup jobs remove, and what they leave."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from pictd.claiming import AmongNodes, Claiming
from pictd.errors import StoreUnavailable
from pictd.generate.backends import Backends as GenerateBackends
from pictd.generate.service import Generate, Recipe
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends, Ingested
from pictd.jobs.cleanup import LATER, Cleanup
from pictd.jobs.processing import Processing, queue_variant
from pictd.jobs.prune import Prune
from pictd.jobs.strays import GRACE, SWEEP_EVERY, Strays
from pictd.jobs.walking import PAUSE, STEP
from pictd.jobs.worker import NotUnderstood, Worker
from pictd.model.alias import Alias
from pictd.model.claims import STRAYS_CLAIM
from pictd.model.formats import Output
from pictd.model.operations import parse_chain
from pictd.model.records import Original, Queue
from pictd.model.times import from_seconds
from pictd.model.uploads import UploadQuery
from tests.support.services import ServicesTestCase

BAD: list[object] = [None, {}, [], {"hash": 1, "identifier": 1, "alias": 1}]


class JobsTestCase(ServicesTestCase):
    """With something stored, and a worker that is not started."""

    def setUp(self) -> None:
        super().setUp()
        self.ingest = Ingest(Backends(*self.backends))
        self.generate = Generate(GenerateBackends(*self.backends))
        self.cleanup = Cleanup(self.repo, self.store, self.clock)
        self.worker = Worker(self.repo, Queue.CLEANUP, self.cleanup.duties(), self.clock)

    def upload(self, data: bytes) -> Ingested:
        """Store a file."""
        return self.successResultOf(self.ingest.ingest(self.received(data), UploadQuery()))

    def original(self, alias: Alias) -> Original:
        """What the alias names."""
        found = self.find(alias)
        assert found is not None
        return found

    def variant(self, original: Original, side: int) -> str:
        """Make a variant; its identifier."""
        recipe = Recipe(parse_chain([("resize", str(side))]), Output.PNG)
        return self.result(self.generate.make(original, recipe)).identifier

    def work(self) -> None:
        """Let a worker do all that is queued."""
        self.worker.startService()
        stopped = self.worker.stopService()
        assert stopped is not None
        self.successResultOf(stopped)


class CleanupTests(JobsTestCase):
    """By payloads as pict-rs writes them."""

    def test_a_store_that_is_away_for_long(self) -> None:
        """What all attempts failed at is begun again later, or the bytes would stay for ever."""
        ingested = self.upload(b"picture")
        identifier = self.original(ingested.alias).record.identifier
        remove = self.store.remove

        async def fail(_: str) -> None:
            raise StoreUnavailable

        self.store.remove = fail  # type: ignore[method-assign,assignment]
        self.result(self.repo.aliases.remove(ingested.alias))
        self.worker.startService()
        self.clock.pump([5.0] * 60)
        self.store.remove = remove  # type: ignore[method-assign]
        self.clock.pump([5.0] * 60)
        self.assertIsNotNone(self.read(identifier))
        self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), 1)
        self.clock.pump([60.0] * (LATER // 60))
        self.assertIsNone(self.read(identifier))
        self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), 0)
        self.worker.stopService()

    def test_the_last_alias_takes_all_bytes_with_it(self) -> None:
        """Of the original and of its variants, and their details."""
        ingested = self.upload(b"picture")
        original = self.original(ingested.alias)
        identifiers = [original.record.identifier, self.variant(original, 1)]
        self.result(self.repo.aliases.remove(ingested.alias))
        self.work()
        for identifier in identifiers:
            self.assertIsNone(self.read(identifier))
            self.assertIsNone(self.result(self.repo.details.find(identifier)))

    def test_bytes_that_are_referred_to_stay(self) -> None:
        """A job that is wrong about them does no harm."""
        identifier = self.original(self.upload(b"picture").alias).record.identifier
        self.result(self.cleanup.remove_bytes({"identifier": identifier}))
        self.assertEqual(self.read(identifier), b"picture")

    def test_a_hash_that_has_an_alias_again_stays(self) -> None:
        """A re-upload that races a delete keeps its file (contract C3)."""
        ingested = self.upload(b"picture")
        hash = self.original(ingested.alias).record.hash
        self.result(self.cleanup.collect({"hash": hash.as_json()}))
        self.assertIsNotNone(self.find(ingested.alias))

    def test_an_alias_goes_only_with_its_token(self) -> None:
        """One that was given away again meanwhile stays."""
        ingested = self.upload(b"picture")
        for token, there in (("other", True), (ingested.token.text, False)):
            self.result(self.cleanup.remove_alias({"alias": str(ingested.alias), "token": token}))
            self.assertEqual(self.find(ingested.alias) is not None, there)

    def test_one_variant_or_all(self) -> None:
        """Of a hash."""
        original = self.original(self.upload(b"picture").alias)
        for side in (1, 2, 3):
            self.variant(original, side)
        hash = original.record.hash
        self.result(
            self.cleanup.remove_variants({"hash": hash.as_json(), "variant": "resize/1/png"})
        )
        self.assertEqual(len(self.result(self.repo.variants.of_hash(hash))), 2)
        self.result(self.cleanup.remove_variants({"hash": hash.as_json()}))
        self.assertEqual(len(self.result(self.repo.variants.of_hash(hash))), 0)

    def test_all_variants_of_all_files(self) -> None:
        """In a walk over more than one step."""
        originals = [self.original(self.upload(b"%d" % n).alias) for n in range(250)]
        for original in originals[::50]:
            self.variant(original, 1)
        removed = Deferred.fromCoroutine(self.cleanup.remove_all_variants(None))
        self.assertNoResult(removed)
        self.clock.pump([PAUSE] * (250 // STEP))
        self.successResultOf(removed)
        left = [self.result(self.repo.variants.of_hash(o.record.hash)) for o in originals]
        self.assertEqual([dict(each) for each in left], [{}] * 250)
        self.assertEqual(self.read(originals[0].record.identifier), b"0")

    def test_payloads_that_are_not_understood(self) -> None:
        """Are told as such, whatever they are."""
        duties = self.cleanup.duties()
        for kind in ("Identifier", "Hash", "Alias", "Variant"):
            for argument in BAD:
                error = self.failed(duties[kind].work, argument)
                self.assertIsInstance(error, NotUnderstood, kind)

    def test_the_kinds_of_pict_rs(self) -> None:
        """A database that is taken over may hold each of them (spec storage §7.3)."""
        hash = self.original(self.upload(b"picture").alias).record.hash.as_json()
        duties = {**self.cleanup.duties(), **Prune(*self.backends[:2], self.clock, 0.1).duties()}
        worker = Worker(self.repo, Queue.CLEANUP, duties, self.clock)
        for payload in (
            "OutdatedVariants",
            "OutdatedProxies",
            "AllVariants",
            "Prune",
            {"Hash": {"hash": hash}},
            {"Identifier": {"identifier": "01/9a/gone.png"}},
            {"Alias": {"alias": "gone.png", "token": "token"}},
            {"Variant": {"hash": hash, "variant": "resize.10/png"}},
            {"Variant": {"hash": hash}},
        ):
            self.result(self.repo.jobs.push(Queue.CLEANUP, payload, 0))
        worker.startService()
        self.assertEqual(self.result(self.repo.jobs.length(Queue.CLEANUP)), 0)

    def test_outdated_variants_are_left_to_retention(self) -> None:
        """Which knows whether the server was away (contract C13)."""
        original = self.original(self.upload(b"picture").alias)
        self.variant(original, 1)
        self.clock.advance(10**8)
        self.result(self.repo.jobs.push(Queue.CLEANUP, "OutdatedVariants", 0))
        self.work()
        self.assertEqual(len(self.result(self.repo.variants.of_hash(original.record.hash))), 1)

    def failed(self, duty: object, argument: object) -> BaseException:
        """What a duty raises."""
        assert callable(duty)
        return self.failureOf(duty(argument))


class ProcessingTests(JobsTestCase):
    """Variants that nobody waits for."""

    def test_a_queued_variant_is_made(self) -> None:
        """By its key alone."""
        ingested = self.upload(b"picture")
        recipe = Recipe(parse_chain([("resize", "5"), ("blur", "1.5")]), Output.JPEG)
        self.result(queue_variant(self.repo, ingested.alias, recipe, self.clock))
        duties = Processing(self.repo, self.generate).duties()
        worker = Worker(self.repo, Queue.PROCESS, duties, self.clock)
        worker.startService()
        self.assertEqual(self.media.rendered, ["resize/5/blur/1.5/jpeg"])

    def test_an_original_that_is_gone(self) -> None:
        """Ends the job in peace."""
        processing = Processing(self.repo, self.generate)
        self.result(processing.make_variant({"source": "gone.png", "process_path": "png"}))
        self.assertEqual(self.media.rendered, [])

    def test_payloads_that_are_not_understood(self) -> None:
        """A key of another grammar, or none."""
        processing = Processing(self.repo, self.generate)
        for argument in (None, {}, {"source": "a.png", "process_path": "x/y"}):
            error = self.failureOf(processing.make_variant(argument))
            self.assertIsInstance(error, NotUnderstood)


class StraysTests(JobsTestCase):
    """What a crash leaves in the store."""

    def setUp(self) -> None:
        super().setUp()
        self.identifier = self.saved()
        self.clock.advance(10)

    def saved(self) -> str:
        """Save bytes that are never recorded."""
        received = self.received(b"stray")
        return self.result(self.store.save(received.path, ".png", "image/png"))

    def strays(self, first_grace: int = 0, claiming: Claiming | None = None) -> Strays:
        """The service."""
        return Strays(self.repo, self.store, self.clock, first_grace, claiming=claiming)

    def test_another_process_sweeps(self) -> None:
        """It is left alone; if it dies at it, the next sweep is ours."""
        now = from_seconds(self.clock.seconds())
        self.result(self.repo.claims.take(STRAYS_CLAIM, now))
        self.strays(claiming=AmongNodes(self.repo.claims, self.clock)).startService()
        self.assertEqual(self.read(self.identifier), b"stray")
        self.clock.advance(SWEEP_EVERY)
        self.assertIsNone(self.read(self.identifier))

    def test_the_sweep_at_start_removes_them(self) -> None:
        """Where no other process works on the store."""
        self.strays().startService()
        self.assertIsNone(self.read(self.identifier))

    def test_what_came_since_is_spared(self) -> None:
        """An upload may be on its way before the sweep at start begins."""
        strays = self.strays()
        self.clock.advance(1)
        identifier = self.saved()
        self.clock.advance(1)
        strays.startService()
        self.assertIsNone(self.read(self.identifier))
        self.assertEqual(self.read(identifier), b"stray")

    def test_recent_ones_are_spared(self) -> None:
        """Where another process may be about to record them."""
        strays = self.strays(GRACE)
        strays.startService()
        self.assertEqual(self.read(self.identifier), b"stray")
        self.clock.advance(GRACE)
        self.assertIsNone(self.read(self.identifier))

    def test_what_was_recorded_after_all_is_kept(self) -> None:
        """A crash between recording and keeping."""
        keep = self.store.keep

        async def crash(_: str) -> None:
            raise StoreUnavailable

        self.store.keep = crash  # type: ignore[method-assign,assignment]
        upload = self.ingest.ingest(self.received(b"picture"), UploadQuery())
        self.successResultOf(upload)
        self.store.keep = keep  # type: ignore[method-assign]
        self.clock.advance(1)
        self.strays().startService()
        page = self.result(self.repo.hashes.page(None, 10))
        self.assertEqual(self.read(page.entries[0].record.identifier), b"picture")
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
