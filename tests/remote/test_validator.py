"""A judge on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from pictd.errors import RefusedByValidator, UpstreamTooSlow, UpstreamUnreachable
from pictd.remote.validator import HttpValidator


class Judge(Resource):
    """Answers with ``status``, or never where that is None."""

    isLeaf = True
    status: int | None = 200

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bytes, bytes | None]] = []

    def render_POST(self, request: Request) -> Any:
        assert request.content is not None
        self.seen.append((request.content.read(), request.getHeader(b"content-type")))
        if self.status is None:
            return NOT_DONE_YET
        request.setResponseCode(self.status)
        request.setHeader(b"location", b"/elsewhere")
        return b"whatever"


class HttpValidatorTests(TestCase):
    """What the answers mean."""

    def setUp(self) -> None:
        self.judge = Judge()
        self.reactor: Any = reactor
        site: Any = Site(self.judge)
        self.port: Any = self.reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)
        self.file = Path(self.mktemp())
        self.file.write_bytes(b"picture" * 100_000)

    def validator(self, seconds: float = 10.0) -> HttpValidator:
        """Of the judge's address."""
        url = f"http://127.0.0.1:{self.port.getHost().port}/judge"
        return HttpValidator(url, seconds, self.reactor)

    async def test_two_hundreds_accept(self) -> None:
        """The judge sees the bytes and their type."""
        for status in (200, 204, 299):
            self.judge.status = status
            await self.validator().check(self.file, "image/png")
        self.assertEqual(self.judge.seen[0], (b"picture" * 100_000, b"image/png"))

    async def test_everything_else_refuses(self) -> None:
        """A redirect is not followed."""
        for status in (300, 302, 307, 400, 404, 500, 503):
            self.judge.status = status
            with self.assertRaises(RefusedByValidator):
                await self.validator().check(self.file, "image/png")
        self.assertEqual(len(self.judge.seen), 7)

    async def test_a_judge_that_does_not_answer(self) -> None:
        """Is told apart from one that refuses; the key that sets the time is named."""
        self.judge.status = None
        with self.assertRaises(UpstreamTooSlow) as caught:
            await self.validator(0.2).check(self.file, "image/png")
        self.assertIn("media.external_validation_timeout", str(caught.exception))

    async def test_a_judge_that_is_not_there(self) -> None:
        """Nobody listens at its address any more."""
        validator = self.validator()
        await self.port.stopListening()
        with self.assertRaises(UpstreamUnreachable):
            await validator.check(self.file, "image/png")
