"""Queued uploads, told to whoever claims them."""

from __future__ import annotations

import attrs
from twisted.internet.defer import CancelledError, Deferred

from pictd.claiming import AmongNodes
from pictd.errors import RepoUnavailable, TooWide
from pictd.model.claims import Claim, telling_claim
from pictd.model.times import from_seconds
from pictd.model.uploads import Uploaded
from pictd.web.backgrounded import PATIENCE, POLL_EVERY, Backgrounded
from tests.support.exchange import Exchange
from tests.support.parts import SETTINGS
from tests.web.claim_case import ClaimTestCase

UNKNOWN = "5f0f4f6e-95cf-4a0a-8d54-111111111111"


class ResultTests(ClaimTestCase):
    """What is told."""

    def uploaded(self, id: str) -> Uploaded:
        """The success of an upload."""
        found = self.result(self.repo.uploads.find(id))
        assert found is not None and isinstance(found.result, Uploaded)
        return found.result

    def test_success(self) -> None:
        """One entry, as of an inline upload; it came while nobody listened."""
        id = self.finished()
        result = self.uploaded(id)
        answer = self.claim(id)
        self.assertEqual((answer.status, answer.json["msg"]), (200, "ok"))
        (file,) = answer.json["files"]
        self.assertEqual(set(file), {"file", "delete_token", "details"})
        self.assertEqual(
            (file["file"], file["delete_token"]), (str(result.alias), result.token.text)
        )
        self.assertEqual(file["details"]["blurhash"], "BLUR")
        self.assert_gone(id)

    def test_failure(self) -> None:
        """422, whatever its status would have been, with code and text; once."""
        self.media.failure = TooWide("Too wide for this")
        id = self.finished()
        answer = self.claim(id)
        told = {"msg": "Too wide for this", "code": "validate-width"}
        self.assertEqual((answer.status, answer.json), (422, told))
        self.assert_gone(id)

    def test_deleted_media(self) -> None:
        """Are told as such, once; other files are not."""
        id, other = self.finished(b"one"), self.finished(b"two")
        self.result(self.repo.aliases.remove(self.uploaded(id).alias))
        answer = self.claim(id)
        self.assertEqual((answer.status, answer.json["code"]), (404, "alias-not-found"))
        self.assert_gone(id)
        self.assertEqual(self.claim(other).status, 200)

    def test_no_such_upload(self) -> None:
        """Nobody can tell it from one that was claimed."""
        self.assert_gone(UNKNOWN)

    def test_spellings_of_ids(self) -> None:
        """All those of a UUID."""
        spellings = (
            str.upper,
            lambda id: id.replace("-", ""),
            "{{{}}}".format,
            "urn:uuid:{}".format,
        )
        for spelling in spellings:
            self.assertEqual(self.claim(spelling(self.finished())).status, 200)

    def test_what_is_no_id(self) -> None:
        """The field is named, also where it is missing."""
        for query in ("upload_id=x", "upload_id=", "", "upload_id=a&upload_id=b"):
            exchange = Exchange(self.routes.claim)
            exchange.send(b"GET /x?%b HTTP/1.1\r\n\r\n" % query.encode())
            answer = self.answer(exchange)
            assert answer is not None
            self.assertEqual((answer.status, answer.json["field"]), (400, "upload_id"), query)
            self.assertEqual(answer.json["code"], "invalid-query")

    def test_a_repo_that_falls_away(self) -> None:
        """After the answer: the result was told, and may be claimed again."""
        id = self.finished()
        real = self.repo.uploads.claim

        async def fail(id: str) -> bool:
            raise RepoUnavailable

        self.repo.uploads.claim = fail  # type: ignore[method-assign]
        self.assertEqual(self.claim(id).status, 200)
        self.repo.uploads.claim = real  # type: ignore[method-assign]
        self.assertEqual(self.claim(id).status, 200)
        self.assert_gone(id)


class WaitingTests(ClaimTestCase):
    """Until there is something to tell."""

    def setUp(self) -> None:
        """Count those who listen for news."""
        super().setUp()
        self.listening = 0
        wait = self.repo.uploads.wait

        async def counted(id: str) -> None:
            self.listening += 1
            try:
                await wait(id)
            finally:
                self.listening -= 1

        self.repo.uploads.wait = counted  # type: ignore[method-assign]

    def pass_time(self, seconds: float) -> None:
        """In steps that let every look happen."""
        self.clock.pump([POLL_EVERY / 2] * round(seconds / (POLL_EVERY / 2)))

    def assert_nobody_waits(self) -> None:
        """No timer and no listener is left."""
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.listening, 0)

    def test_pending_to_the_end(self) -> None:
        """204 when patience ends, and not before; the result is still there for the next."""
        id = self.queue()
        claimer = self.begin(id)
        self.pass_time(PATIENCE - 1)
        self.assert_waiting(claimer)
        self.pass_time(1)
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assert_nobody_waits()
        self.work()
        self.assertEqual(self.claim(id).status, 200)

    def test_done_meanwhile(self) -> None:
        """It is told as soon as it is there, without time passing."""
        id = self.queue()
        claimer = self.begin(id)
        self.assert_waiting(claimer)
        self.work()
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual(answer.status, 200)
        self.assert_nobody_waits()

    def test_news_that_do_not_come(self) -> None:
        """As from another process: it is found by looking."""
        id = self.queue()

        async def never(id: str) -> None:
            await Deferred()

        self.repo.uploads.wait = never  # type: ignore[method-assign]
        claimer = self.begin(id)
        self.work()
        self.assert_waiting(claimer)
        self.clock.advance(POLL_EVERY)
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual(answer.status, 200)

    def test_false_news(self) -> None:
        """Wake up nobody for good."""
        id = self.queue()
        wait, news = self.repo.uploads.wait, Deferred[None]()

        async def false(id: str) -> None:
            await news

        self.repo.uploads.wait = false  # type: ignore[method-assign]
        claimer = self.begin(id)
        self.repo.uploads.wait = wait  # type: ignore[method-assign]
        news.callback(None)
        self.assert_waiting(claimer)
        self.work()
        self.assertIsNotNone(self.answer(claimer))

    def test_many_claimers(self) -> None:
        """One is told the result, and all others at once that it was claimed."""
        id = self.queue()
        claimers = [self.begin(id) for _ in range(5)]
        self.assert_waiting(*claimers)
        self.work()
        answers = [answer.status for each in claimers if (answer := self.answer(each))]
        self.assertEqual(sorted(answers), [200, 400, 400, 400, 400])
        self.assert_nobody_waits()

    def test_a_claimer_that_leaves(self) -> None:
        """While it waits: the next one gets the result."""
        id = self.queue()
        claimer = self.begin(id)
        claimer.leave()
        self.assertIsInstance(claimer.leaf.outcomes[0], CancelledError)
        self.assert_nobody_waits()
        self.work()
        self.assertEqual(self.claim(id).status, 200)

    def test_an_upload_that_expires(self) -> None:
        """Is not waited for any longer."""
        id = self.queue()
        claimer = self.begin(id)
        self.result(self.parts.queueing.cancel(id))
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual((answer.status, answer.json["code"]), (400, "already-claimed"))

    def test_a_repo_that_can_not_tell(self) -> None:
        """503, instead of looking for ever."""
        id = self.queue()

        async def fail(id: str) -> None:
            raise RepoUnavailable

        self.repo.uploads.wait = fail  # type: ignore[method-assign]
        self.assertEqual(self.claim(id).status, 503)


class TellingTests(ClaimTestCase):
    """While the answer is made."""

    def setUp(self) -> None:
        """The alias is looked up when the test says so."""
        super().setUp()
        self.upload = self.finished()
        self.gate: Deferred[None] = Deferred()
        find = self.repo.aliases.find

        async def gated(alias: object) -> object:
            await self.gate
            return await find(alias)  # type: ignore[arg-type]

        self.repo.aliases.find = gated  # type: ignore[method-assign,assignment]

    def open(self) -> None:
        """Let look-ups through."""
        gate, self.gate = self.gate, Deferred()
        self.gate.callback(None)
        gate.callback(None)

    def test_a_claimer_that_leaves(self) -> None:
        """Consumes nothing."""
        claimer = self.begin(self.upload)
        claimer.leave()
        self.assertIsInstance(claimer.leaf.outcomes[0], CancelledError)
        self.gate = Deferred()
        self.gate.callback(None)
        self.assertEqual(self.claim(self.upload).status, 200)
        self.assert_gone(self.upload)

    def test_another_claimer(self) -> None:
        """Is told that somebody has it."""
        first = self.begin(self.upload)
        self.assert_gone(self.upload)
        self.open()
        answer = self.answer(first)
        assert answer is not None
        self.assertEqual(answer.status, 200)


class NodesTests(ClaimTestCase):
    """Where other nodes may be asked as well."""

    def setUp(self) -> None:
        """One that is, and what another is at."""
        super().setUp()
        claiming = AmongNodes(self.repo.claims, self.clock)
        self.routes = Backgrounded(attrs.evolve(self.parts, claiming=claiming))
        self.upload = self.finished()

    def told_elsewhere(self) -> Claim:
        """Another node begins to tell the result."""
        now = from_seconds(self.clock.seconds())
        claim = self.result(self.repo.claims.take(telling_claim(self.upload), now))
        assert claim is not None
        return claim

    def test_one_node_tells(self) -> None:
        """And afterwards nobody."""
        self.assertEqual(self.claim(self.upload).status, 200)
        self.assert_gone(self.upload)

    def test_while_another_node_tells(self) -> None:
        """The claimer waits: that node may die in it."""
        claim = self.told_elsewhere()
        claimer = self.begin(self.upload)
        self.assert_waiting(claimer)
        self.result(self.repo.claims.release(claim))
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual(answer.status, 200)

    def test_another_node_that_died(self) -> None:
        """Keeps the result from nobody for long; until then there is nothing to tell."""
        self.told_elsewhere()
        claimer = self.begin(self.upload)
        self.clock.pump([1] * 11)
        answer = self.answer(claimer)
        assert answer is not None
        self.assertEqual(answer.status, 204)
        self.clock.advance(20)
        self.assertEqual(self.claim(self.upload).status, 200)

    def test_another_node_that_was_quicker(self) -> None:
        """Between the look and the claim: it is told once."""
        take = self.repo.claims.take

        async def late(key: str, now: int) -> Claim | None:
            await self.repo.uploads.claim(self.upload)
            return await take(key, now)

        self.repo.claims.take = late  # type: ignore[method-assign]
        self.assert_gone(self.upload)


class ReadOnlyTests(ClaimTestCase):
    """Contract C5."""

    settings = attrs.evolve(SETTINGS, read_only=True)

    def test_nothing_is_consumed(self) -> None:
        """However often it is told, success and failure."""
        id = self.finished()
        self.media.failure = TooWide()
        failed = self.finished(b"bad")
        for _ in range(2):
            self.assertEqual(self.claim(id).status, 200)
            self.assertEqual(self.claim(failed).status, 422)
