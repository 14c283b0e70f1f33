"""What becomes of uploads that somebody else judges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twisted.internet.defer import CancelledError
from twisted.logger import LogEvent, LogLevel, capturedLogs, formatEvent
from zope.interface import implementer

from pictd.errors import (
    MediaFailed,
    Overloaded,
    PictdError,
    RefusedByValidator,
    UpstreamTooSlow,
    UpstreamUnreachable,
    ValidatorFailed,
)
from pictd.ingest.service import Ingest
from pictd.ingest.session import Backends
from pictd.ingest.verdicts import MOST_REMEMBERED, REMEMBER_REFUSALS, Policy, Verdicts
from pictd.interfaces.media import IValidator
from tests.ingest.ingest_case import IngestTestCase
from tests.support.judge import JudgedTestCase

FAILURES = (ValidatorFailed, UpstreamTooSlow, UpstreamUnreachable)
"""Of a validator that judged nothing."""


@implementer(IValidator)
class ScriptedValidator:
    """Accepts everything, or fails as it is told.

    :ivar seen: (bytes, media type) of every question.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, str]] = []
        self.failure: PictdError | None = None

    async def check(self, path: Path, media_type: str) -> None:
        """See ``IValidator``."""
        self.seen.append((path.read_bytes(), media_type))
        if self.failure is not None:
            raise self.failure


class VerdictsTestCase(IngestTestCase):
    """Uploads under the eyes of a validator."""

    def under(self, validator: IValidator, policy: Policy) -> None:
        """From now on uploads are judged by this one."""
        _, _, media, scratch, clock = self.backends
        verdicts = Verdicts(validator, media, scratch, clock, policy)
        self.ingest = Ingest(Backends(*self.backends, verdicts=verdicts))

    def warnings(self, seen: Sequence[LogEvent]) -> list[str]:
        """The texts of what was logged as a warning."""
        return [str(formatEvent(each)) for each in seen if each["log_level"] is LogLevel.warn]

    def assert_refused(self, data: bytes, error: type[PictdError]) -> None:
        """An upload fails with this, and leaves nothing."""
        self.failureResultOf(self.begin(data), error)
        self.assert_nothing_left()


class MemoryTests(VerdictsTestCase):
    """Which verdicts stand without being asked for again."""

    def setUp(self) -> None:
        super().setUp()
        self.judge = ScriptedValidator()
        self.judge.failure = RefusedByValidator()
        self.under(self.judge, Policy())

    def asked(self) -> int:
        """How often."""
        return len(self.judge.seen)

    def test_a_refusal_is_remembered(self) -> None:
        """The same content gets the same answer, though the validator would now take it."""
        self.assert_refused(b"bad", RefusedByValidator)
        self.judge.failure = None
        self.assert_refused(b"bad", RefusedByValidator)
        self.assertEqual(self.asked(), 1)

    def test_other_content_is_asked_about(self) -> None:
        """One refusal says nothing of others."""
        self.assert_refused(b"bad", RefusedByValidator)
        self.judge.failure = None
        self.ingested(b"good")
        self.assertEqual(self.asked(), 2)

    def test_a_refusal_is_forgotten_in_time(self) -> None:
        """Not a second too early."""
        self.assert_refused(b"bad", RefusedByValidator)
        self.judge.failure = None
        self.clock.advance(REMEMBER_REFUSALS - 1)
        self.assert_refused(b"bad", RefusedByValidator)
        self.clock.advance(1)
        self.ingested(b"bad")
        self.assertEqual(self.asked(), 2)

    def test_a_refusal_that_is_repeated_counts_anew(self) -> None:
        """From the second question on."""
        self.assert_refused(b"bad", RefusedByValidator)
        self.clock.advance(REMEMBER_REFUSALS)
        self.assert_refused(b"bad", RefusedByValidator)
        self.clock.advance(REMEMBER_REFUSALS - 1)
        self.assert_refused(b"bad", RefusedByValidator)
        self.assertEqual(self.asked(), 2)

    def test_a_clock_that_is_set_back(self) -> None:
        """Does not make a refusal last."""
        self.assert_refused(b"bad", RefusedByValidator)
        self.clock.advance(-10 * REMEMBER_REFUSALS)
        self.assert_refused(b"bad", RefusedByValidator)
        self.assertEqual(self.asked(), 2)

    def test_the_oldest_refusal_is_forgotten_first(self) -> None:
        """Memory has a bound; who refreshes a refusal makes it the youngest."""
        self.assert_refused(b"first", RefusedByValidator)
        self.clock.advance(REMEMBER_REFUSALS)
        self.assert_refused(b"second", RefusedByValidator)
        self.assert_refused(b"first", RefusedByValidator)
        for number in range(MOST_REMEMBERED - 1):
            self.assert_refused(b"%d" % number, RefusedByValidator)
        before = self.asked()
        self.assert_refused(b"first", RefusedByValidator)
        self.assertEqual(self.asked(), before)
        self.assert_refused(b"second", RefusedByValidator)
        self.assertEqual(self.asked(), before + 1)

    def test_acceptance_is_not_remembered(self) -> None:
        """What is stored already is asked about again."""
        self.judge.failure = None
        self.ingested(b"picture")
        self.ingested(b"picture")
        self.assertEqual(self.asked(), 2)

    def test_failures_are_not_remembered(self) -> None:
        """A validator that has recovered is asked."""
        for error in FAILURES:
            self.judge.failure = error()
            self.assert_refused(b"picture", error)
        self.judge.failure = None
        self.ingested(b"picture")
        self.assertEqual(self.asked(), 4)


class RenditionTests(VerdictsTestCase):
    """A still that stands for the file."""

    def setUp(self) -> None:
        super().setUp()
        self.judge = ScriptedValidator()
        self.under(self.judge, Policy(keep_unjudged=True, by_rendition=True))

    def test_the_validator_sees_the_still(self) -> None:
        """What is stored is the file itself; nothing temporary stays."""
        original = self.find(self.ingested().alias)
        self.assertEqual(self.judge.seen, [(b"still picture", "image/webp")])
        assert original is not None
        self.assertEqual(self.read(original.record.identifier), b"picture")
        self.assertEqual(self.scratch.live, set())

    def test_a_refusal_by_the_still_is_one_of_the_file(self) -> None:
        """And no second still is made to find out."""
        self.judge.failure = RefusedByValidator()
        self.assert_refused(b"bad", RefusedByValidator)
        self.media.rendering_failure = MediaFailed()
        self.assert_refused(b"bad", RefusedByValidator)

    def test_no_still(self) -> None:
        """Is a failure of ours: whatever becomes of unjudged uploads, nobody was asked."""
        for error in (MediaFailed, Overloaded):
            self.media.rendering_failure = error()
            self.assert_refused(b"picture", error)
        self.assertEqual(self.judge.seen, [])

    def test_leaving_while_the_still_is_made(self) -> None:
        """Ends the work on it; nothing stays."""
        self.media.gated = True
        upload = self.begin()
        self.media.waiting[0].callback(None)
        _, still = self.media.waiting
        upload.cancel()
        self.failureResultOf(upload, CancelledError)
        self.assertTrue(still.called)
        self.assert_nothing_left()


class AnswerTests(JudgedTestCase, VerdictsTestCase):
    """A real validator, and uploads that nobody judged are not kept."""

    keep_unjudged = False

    def setUp(self) -> None:
        super().setUp()
        self.ask(10)

    def ask(self, seconds: float) -> None:
        """Uploads are judged; the validator may take that long."""
        policy = Policy(keep_unjudged=self.keep_unjudged)
        self.under(self.validator(seconds), policy)

    async def assert_fails(self, error: type[PictdError]) -> None:
        """An upload fails with this, and leaves nothing."""
        with self.assertRaises(error):
            await self.begin()
        self.assert_nothing_left()

    async def test_accepted(self) -> None:
        """The file is kept; the validator saw what came to be stored, and its type."""
        ingested = await self.begin()
        self.assertIsNotNone(self.find(ingested.alias))
        self.assertEqual(self.judge.seen, [(b"picture", b"image/png")])

    async def test_refused(self) -> None:
        """Whatever becomes of unjudged uploads, and without a word in the log."""
        for status in (302, 403):
            self.judge.status = status
            self.ask(10)
            with capturedLogs() as seen:
                await self.assert_fails(RefusedByValidator)
            self.assertEqual(self.warnings(seen), [])

    async def test_the_client_leaves(self) -> None:
        """Nothing stays, nobody is blamed, and the validator is let go."""
        self.judge.status = None
        with capturedLogs() as seen:
            upload = self.begin()
            await self.until_asked()
            upload.cancel()
            with self.assertRaises(CancelledError):
                await upload
        self.assertEqual(self.warnings(seen), [])
        self.assert_nothing_left()
        await self.until_left()

    async def test_a_validator_that_fails(self) -> None:
        """By its own word."""
        self.judge.status = 503
        await self.assert_unjudged(ValidatorFailed)

    async def test_a_validator_that_is_slow(self) -> None:
        """Longer than it may."""
        self.judge.status = None
        self.ask(0.2)
        await self.assert_unjudged(UpstreamTooSlow)

    async def test_a_validator_that_is_away(self) -> None:
        """Nobody listens at its address."""
        await self.port.stopListening()
        await self.assert_unjudged(UpstreamUnreachable)

    async def assert_unjudged(self, error: type[PictdError]) -> None:
        """Nothing is kept, and the log says of what, and why."""
        with capturedLogs() as seen:
            await self.assert_fails(error)
        (warning,) = self.warnings(seen)
        self.assertIn("turned away unjudged: ", warning)


class KeepingAnswerTests(AnswerTests):
    """A real validator, and uploads that nobody judged are kept."""

    keep_unjudged = True

    async def assert_unjudged(self, error: type[PictdError]) -> None:
        """The upload is kept, and the log says of what, and why."""
        with capturedLogs() as seen:
            ingested = await self.begin()
        original = self.find(ingested.alias)
        assert original is not None
        (warning,) = self.warnings(seen)
        self.assertTrue(
            warning.startswith(f"{original.record.hash.hex} is let in unjudged: "), warning
        )
        self.assertIn("extern", warning)
