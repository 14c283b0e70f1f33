"""Variants, made once."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from pictd.claiming import AmongNodes
from pictd.errors import AliasNotFound, BytesLost, MediaFailed, OutcomeUnknown
from pictd.generate.backends import Backends
from pictd.generate.service import Generate, Recipe
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.metrics import Metrics
from pictd.model.claims import variant_claim
from pictd.model.formats import Format, Output
from pictd.model.operations import parse_chain
from pictd.model.records import Original, Variant
from pictd.model.times import from_seconds
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

    def test_a_repo_that_falls_away_at_the_end(self) -> None:
        """The variant may be recorded: its bytes stay, and whoever asks next finds it."""
        add = self.repo.variants.add

        async def fall_away(*arguments: Any) -> Variant | None:
            await add(*arguments)
            raise OutcomeUnknown

        self.repo.variants.add = fall_away  # type: ignore[method-assign,assignment]
        self.failureResultOf(self.make(), OutcomeUnknown)
        made = self.successResultOf(self.make())
        self.assertEqual(self.read(made.identifier), b"pictureresize/20/webp")
        self.assertEqual(self.media.rendered, [RECIPE.key])

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


class NodesTests(ServicesTestCase):
    """Two nodes on the same backends."""

    def setUp(self) -> None:
        super().setUp()
        self.media.gated = True
        self.nodes = [self.node(), self.node()]

    def node(self) -> Generate:
        """One more."""
        claiming = AmongNodes(self.repo.claims, self.clock)
        return Generate(Backends(*self.backends, claiming=claiming))

    def uploaded(self, format: Format) -> Original:
        """A file of that format."""
        self.media.format, self.media.gated = format, False
        upload = Ingest(IngestBackends(*self.backends)).ingest(
            self.received(b"file"), UploadQuery()
        )
        self.media.gated = True
        original = self.find(self.successResultOf(upload).alias)
        assert original is not None
        return original

    def asked(self, original: Original) -> list[Deferred[Variant]]:
        """Both are asked for the same variant at once."""
        return [Deferred.fromCoroutine(node.make(original, RECIPE)) for node in self.nodes]

    def pass_time(self, seconds: int) -> None:
        """With its polls and renewals."""
        for _ in range(seconds):
            self.clock.advance(1)

    def open(self) -> None:
        """Let media work to its end."""
        while self.media.waiting:
            self.media.waiting.pop(0).callback(None)

    def test_a_variant_is_made_once(self) -> None:
        """Both hand out the same."""
        asked = self.asked(self.uploaded(Format.IMAGE_PNG))
        self.pass_time(40)
        self.open()
        one, other = (self.successResultOf(each) for each in asked)
        self.assertEqual(one, other)
        self.assertEqual(self.media.rendered, [RECIPE.key])
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])

    def test_a_still_frame_is_drawn_once(self) -> None:
        """Though each draws a variant of its own from it."""
        original = self.uploaded(Format.VIDEO_MP4)
        other = Recipe(parse_chain([("resize", "21")]), Output.WEBP)
        asked = [
            Deferred.fromCoroutine(node.make(original, recipe))
            for node, recipe in zip(self.nodes, (RECIPE, other), strict=True)
        ]
        self.open()
        for each in asked:
            self.successResultOf(each)
        self.assertEqual(self.media.drawn, 1)
        self.assertEqual(sorted(self.media.rendered), sorted([RECIPE.key, other.key]))

    def test_a_node_that_dies(self) -> None:
        """What it was at is made by another, within half a minute."""
        original = self.uploaded(Format.IMAGE_PNG)
        key = variant_claim(original.record.hash, RECIPE.key)
        self.result(self.repo.claims.take(key, from_seconds(self.clock.seconds())))
        asked = Deferred.fromCoroutine(self.nodes[0].make(original, RECIPE))
        self.assertEqual(self.media.waiting, [])
        self.pass_time(31)
        self.open()
        self.successResultOf(asked)

    def test_one_that_can_not_be_made(self) -> None:
        """Each node finds that out, and remembers it."""
        original = self.uploaded(Format.IMAGE_PNG)
        self.media.failure = MediaFailed("no")
        for _ in range(2):
            for each in self.asked(original):
                self.failureResultOf(each, MediaFailed)
