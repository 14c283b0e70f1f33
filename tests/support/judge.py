"""A validator on loopback, as an operator would run one."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from pictd.metrics import Metrics
from pictd.remote.validator import HttpValidator
from tests.support.waiting import until


class Judge(Resource):
    """Answers with ``status``, or never where that is None.

    :ivar seen: (body, content type) of every question.
    :ivar lost: connections that were ended before the answer was.
    :ivar endless: the answer's body goes on for ever.
    """

    isLeaf = True
    status: int | None = 200
    endless = False

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[bytes, bytes | None]] = []
        self.lost = 0

    def render_POST(self, request: Request) -> Any:
        """Note the question, and answer."""
        assert request.content is not None
        self.seen.append((request.content.read(), request.getHeader(b"content-type")))
        request.notifyFinish().addErrback(self._lose)
        if self.status is None:
            return NOT_DONE_YET
        request.setResponseCode(self.status)
        request.setHeader(b"location", b"/elsewhere")
        if not self.endless:
            return b"whatever"
        request.write(b"what")
        return NOT_DONE_YET

    def _lose(self, _: object) -> None:
        self.lost += 1


class JudgedTestCase(TestCase):
    """A test with a judge of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.judge = Judge()
        self.metrics = Metrics()
        self.reactor: Any = reactor
        site: Any = Site(self.judge)
        self.port: Any = self.reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(self.port.stopListening)

    def validator(self, seconds: float = 10.0, port: int | None = None) -> HttpValidator:
        """Of the judge's address.

        :param port: of somebody else.
        """
        url = f"http://127.0.0.1:{port or self.port.getHost().port}/judge"
        return HttpValidator(url, seconds, self.reactor, self.metrics)

    async def until_asked(self) -> None:
        """Wait until the judge has a question."""

        async def asked() -> bool:
            return bool(self.judge.seen)

        await until(asked, 10, lambda: "nobody asked")

    async def until_left(self) -> None:
        """Wait until somebody has ended a connection to the judge."""

        async def left() -> bool:
            return self.judge.lost > 0

        await until(left, 10, lambda: "nobody left")
