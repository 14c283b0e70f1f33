"""Still frames of videos."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from pictd.errors import AliasNotFound, BytesLost, OutcomeUnknown
from pictd.generate.backends import Backends
from pictd.generate.service import Generate, Recipe
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends as IngestBackends
from pictd.model.formats import Format, Output
from pictd.model.operations import parse_chain
from pictd.model.records import HashRecord, Original, Variant
from pictd.model.uploads import UploadQuery
from tests.support.services import ServicesTestCase


class MotionTests(ServicesTestCase):
    """On backends in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.media.format = Format.VIDEO_MP4
        self.generate = Generate(Backends(*self.backends))
        upload = Ingest(IngestBackends(*self.backends)).ingest(
            self.received(b"video"), UploadQuery()
        )
        self.alias = self.successResultOf(upload).alias

    @property
    def original(self) -> Original:
        """As it is recorded now."""
        original = self.find(self.alias)
        assert original is not None
        return original

    @property
    def record(self) -> HashRecord:
        """Of the video."""
        return self.original.record

    def make(self, size: int) -> Deferred[Variant]:
        """Ask for a variant."""
        recipe = Recipe(parse_chain([("resize", str(size))]), Output.WEBP)
        return Deferred.fromCoroutine(self.generate.make(self.original, recipe))

    def test_it_is_drawn_once_and_kept(self) -> None:
        """Every variant is drawn from the same frame."""
        first = self.successResultOf(self.make(20))
        self.successResultOf(self.make(21))
        assert self.record.motion is not None
        self.assertEqual(self.read(self.record.motion), b"vide")
        self.assertEqual(self.read(first.identifier), b"videresize/20/webp")
        self.assertEqual(self.media.drawn, 1)

    def test_nothing_temporary_stays(self) -> None:
        """Neither in the store nor in scratch."""
        self.successResultOf(self.make(20))
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
        self.assertEqual(self.scratch.live, set())

    def test_many_at_the_same_time(self) -> None:
        """Variants that begin together share one drawing."""
        self.media.gated = True
        waiters = [self.make(20), self.make(21)]
        while self.media.waiting:
            self.media.waiting.pop(0).callback(None)
        for waiter in waiters:
            self.successResultOf(waiter)
        self.assertEqual(self.media.drawn, 1)

    def test_one_that_is_lost(self) -> None:
        """It is drawn again, and the new one is recorded."""
        self.successResultOf(self.make(20))
        lost = self.record.motion
        assert lost is not None
        self.result(self.store.remove(lost))
        self.successResultOf(self.make(21))
        self.assertNotEqual(self.record.motion, lost)
        self.assertEqual(self.media.drawn, 2)

    def test_a_repo_that_falls_away_at_the_end(self) -> None:
        """The frame may be recorded: its bytes stay, and it is not drawn again."""
        set_motion = self.repo.hashes.set_motion

        async def fall_away(*arguments: Any) -> str | None:
            await set_motion(*arguments)
            raise OutcomeUnknown

        self.repo.hashes.set_motion = fall_away  # type: ignore[method-assign,assignment]
        self.failureResultOf(self.make(20), OutcomeUnknown)
        self.successResultOf(self.make(20))
        self.assertEqual(self.media.drawn, 1)

    def test_a_video_that_is_lost(self) -> None:
        """Is told as such."""
        self.result(self.store.remove(self.record.identifier))
        self.failureResultOf(self.make(20), BytesLost)

    def test_a_video_that_goes_meanwhile(self) -> None:
        """Nothing stays of the frame."""
        self.media.gated = True
        waiter = self.make(20)
        self.result(self.repo.hashes.purge(self.record.hash))
        self.media.waiting.pop(0).callback(None)
        self.failureResultOf(waiter, AliasNotFound)
        self.assertEqual(list(self.result(self.store.strays(2**63))), [])
