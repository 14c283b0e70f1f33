"""Variants, made once."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from pictd.errors import AliasNotFound, BytesLost, MediaFailed
from pictd.generate.backends import Backends
from pictd.generate.service import Generate, Recipe
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.metrics import Metrics
from pictd.model.formats import Output
from pictd.model.operations import parse_chain
from pictd.model.records import Original, Variant
from pictd.model.uploads import UploadQuery
from tests.support.figures import figure
from tests.support.services import ServicesTestCase

RECIPE = Recipe(parse_chain([("resize", "20")]), Output.WEBP)


class GenerateTests(ServicesTestCase):
    """On backends in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.metrics = Metrics()
        self.generate = Generate(Backends(*self.backends, metrics=self.metrics))
        self.original = self.uploaded()

    def uploaded(self) -> Original:
        """A picture, always the same."""
        ingest = Ingest(IngestBackends(*self.backends))
        upload = ingest.ingest(self.received(b"picture"), UploadQuery())
        original = self.find(self.successResultOf(upload).alias)
        assert original is not None
        return original

    def make(self) -> Deferred[Variant]:
        """Ask for the variant."""
        return Deferred.fromCoroutine(self.generate.make(self.original, RECIPE))

    def test_a_variant_is_stored_and_recorded(self) -> None:
        """And then found."""
        made = self.successResultOf(self.make())
        self.assertEqual(self.read(made.identifier), b"pictureresize/20/webp")
        found = self.result(self.generate.find(self.original.record.hash, RECIPE))
        self.assertEqual(found, made)

    def test_nothing_temporary_stays(self) -> None:
        """Neither in the store nor in scratch."""
        self.successResultOf(self.make())
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
        self.assertEqual(self.scratch.live, set())

    def test_it_is_made_once(self) -> None:
        """For all who ask at the same time, and for those who ask later."""
        self.media.gated = True
        waiters = [self.make() for _ in range(3)]
        joined = figure(self.metrics.registry, "pictd_coalesced", work="generate")
        self.assertEqual(joined, 2)
        self.media.waiting[0].callback(None)
        made = [self.successResultOf(waiter) for waiter in [*waiters, self.make()]]
        self.assertEqual(made, [made[0]] * 4)
        self.assertEqual(self.media.rendered, [RECIPE.key])

    def test_who_leaves_stops_nothing(self) -> None:
        """The variant is made all the same."""
        self.media.gated = True
        waiter = self.make()
        waiter.addErrback(lambda _: None)
        waiter.cancel()
        self.media.waiting[0].callback(None)
        self.assertIsNotNone(self.result(self.generate.find(self.original.record.hash, RECIPE)))

    def test_a_failure_leaves_nothing_and_is_remembered(self) -> None:
        """The media is not asked again at once."""
        self.media.failure = MediaFailed("no")
        self.failureResultOf(self.make(), MediaFailed)
        self.media.failure = None
        self.failureResultOf(self.make(), MediaFailed)
        self.assertEqual((self.media.rendered, self.scratch.live), ([], set()))

    def test_making_is_counted(self) -> None:
        """Not the finding of what is there; what fails is not complete."""
        for _ in range(2):
            self.successResultOf(self.make())
        self.result(self.repo.variants.remove(self.original.record.hash))
        self.result(self.store.remove(self.original.record.identifier))
        self.failureResultOf(self.make(), BytesLost)
        for completed in ("true", "false"):
            count = figure(self.metrics.registry, "pict_rs_generate_end", completed=completed)
            self.assertEqual(count, 1, completed)

    def test_lost_bytes(self) -> None:
        """Are told as such."""
        self.result(self.store.remove(self.original.record.identifier))
        self.failureResultOf(self.make(), BytesLost)

    def test_an_original_that_went_with_its_bytes(self) -> None:
        """Is not there any more; and that is not remembered: it may be uploaded again."""
        original = self.original
        self.result(self.repo.aliases.remove(original.alias))
        self.result(self.store.remove(original.record.identifier))
        self.failureResultOf(self.make(), AliasNotFound)
        self.original = self.uploaded()
        self.assertEqual(self.original.record.hash, original.record.hash)
        self.successResultOf(self.make())

    def test_an_original_that_goes_while_it_is_read(self) -> None:
        """Is not there any more, whatever the child makes of that; it may be uploaded again."""
        self.media.gated = True
        waiter = self.make()
        self.result(self.repo.aliases.remove(self.original.alias))
        self.media.waiting[0].errback(MediaFailed())
        self.failureResultOf(waiter, AliasNotFound)
        self.media.gated = False
        self.original = self.uploaded()
        self.successResultOf(self.make())

    def test_an_original_that_comes_again_meanwhile(self) -> None:
        """Does not wait for what is made of the one that went."""
        self.media.gated = True
        first = self.make()
        self.result(self.repo.aliases.remove(self.original.alias))
        self.media.gated = False
        self.original = self.uploaded()
        made = self.successResultOf(self.make())
        self.media.waiting[0].errback(MediaFailed())
        self.failureResultOf(first, AliasNotFound)
        self.assertEqual(self.successResultOf(self.make()), made)

    def test_an_original_that_goes_meanwhile(self) -> None:
        """Takes the variant with it; its bytes are not kept."""
        self.media.gated = True
        waiter = self.make()
        self.result(self.repo.aliases.remove(self.original.alias))
        self.media.waiting[0].callback(None)
        self.failureResultOf(waiter, AliasNotFound)
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
