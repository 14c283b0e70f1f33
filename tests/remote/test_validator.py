"""What the answers of a validator mean, and what the lack of one means."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Factory, Protocol

from pictd.errors import RefusedByValidator, UpstreamTooSlow, UpstreamUnreachable, ValidatorFailed
from tests.support.judge import JudgedTestCase

MORE_THAN_SOCKETS_HOLD = 64 * 1024 * 1024
"""Bytes that can't be sent to somebody who reads nothing."""


class ValidatorTestCase(JudgedTestCase):
    """A judge, and a file to show it."""

    def setUp(self) -> None:
        super().setUp()
        self.file = Path(self.mktemp())
        self.file.write_bytes(b"picture" * 100_000)

    def crowded(self) -> int:
        """The port of a listener whose queue is full, so that connecting to it takes for ever."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.addCleanup(listener.close)
        for _ in range(4):
            guest = socket.socket()
            self.addCleanup(guest.close)
            guest.setblocking(False)
            guest.connect_ex(listener.getsockname())
        port: int = listener.getsockname()[1]
        return port

    def listen(self, other: Other) -> int:
        """The port of somebody who is no judge."""
        factory: Any = Factory.forProtocol(lambda: other)
        port: Any = self.reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.addCleanup(other.end)
        number: int = port.getHost().port
        return number


class JudgementTests(ValidatorTestCase):
    """Somebody answered."""

    async def test_two_hundreds_accept(self) -> None:
        """The judge sees the bytes and their type."""
        for status in (200, 204, 299):
            self.judge.status = status
            await self.validator().check(self.file, "image/png")
        self.assertEqual(self.judge.seen[0], (b"picture" * 100_000, b"image/png"))

    async def test_most_others_refuse(self) -> None:
        """A redirect is not followed."""
        for status in (300, 302, 307, 400, 404, 418, 499, 600):
            self.judge.status = status
            with self.assertRaises(RefusedByValidator):
                await self.validator().check(self.file, "image/png")
        self.assertEqual(len(self.judge.seen), 8)

    async def test_five_hundreds_are_failures(self) -> None:
        """Which the text says; clients see the code of a refusal all the same."""
        for status in (500, 503, 599):
            self.judge.status = status
            with self.assertRaises(ValidatorFailed) as caught:
                await self.validator().check(self.file, "image/png")
            self.assertIn(f"validator failed: it answered {status}", str(caught.exception))
            self.assertEqual(caught.exception.code, RefusedByValidator.code)

    async def test_the_status_is_the_whole_answer(self) -> None:
        """A body that never ends is not waited for, and its connection is ended."""
        self.judge.endless = True
        for status, error in ((403, RefusedByValidator), (500, ValidatorFailed)):
            self.judge.status = status
            with self.assertRaises(error):
                await self.validator().check(self.file, "image/png")
        await self.until_left()


class NoJudgementTests(ValidatorTestCase):
    """Nobody answered."""

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

    async def test_a_judge_that_does_not_let_anybody_in(self) -> None:
        """Is too slow, as one that does not answer."""
        with self.assertRaises(UpstreamTooSlow):
            await self.validator(0.2, self.crowded()).check(self.file, "image/png")

    async def test_a_broken_answer(self) -> None:
        """Is none."""
        self.file.write_bytes(b"picture")
        port = self.listen(Other(b"what do you want?\r\n\r\n"))
        with self.assertRaises(UpstreamUnreachable):
            await self.validator(port=port).check(self.file, "image/png")

    async def test_a_file_that_is_gone(self) -> None:
        """Is not blamed on the judge."""
        self.file.unlink()
        with self.assertRaises(FileNotFoundError):
            await self.validator().check(self.file, "image/png")


class LeavingTests(ValidatorTestCase):
    """Who asked does not wait for the answer any more. That is no failure of the validator."""

    async def assert_cancelled(self, check: Deferred[None]) -> None:
        """Cancelling is told as such."""
        check.cancel()
        with self.assertRaises(CancelledError):
            await check

    def begin(self, port: int | None = None) -> Deferred[None]:
        """Ask."""
        check = self.validator(port=port).check(self.file, "image/png")
        return Deferred.fromCoroutine(check)

    async def test_while_the_judge_thinks(self) -> None:
        """Its connection ends."""
        self.judge.status = None
        check = self.begin()
        await self.until_asked()
        await self.assert_cancelled(check)
        await self.until_left()

    async def test_while_the_file_is_sent(self) -> None:
        """To somebody who does not read it."""
        with self.file.open("r+b") as file:
            file.truncate(MORE_THAN_SOCKETS_HOLD)
        other = Other()
        check = self.begin(self.listen(other))
        await other.arrived
        await self.assert_cancelled(check)

    async def test_while_connecting(self) -> None:
        """To somebody who lets nobody in."""
        await self.assert_cancelled(self.begin(self.crowded()))


class Other(Protocol):
    """Takes one connection, reads one piece and says its line; without a line, it never ends."""

    def __init__(self, line: bytes = b"") -> None:
        self._line = line
        self.arrived: Deferred[None] = Deferred()

    def dataReceived(self, _: bytes) -> None:
        """Read no further."""
        transport: Any = self.transport
        transport.pauseProducing()
        if self._line:
            transport.write(self._line)
            transport.loseConnection()
        if not self.arrived.called:
            self.arrived.callback(None)

    def end(self) -> None:
        """Hang up."""
        transport: Any = self.transport
        if transport is not None:
            transport.abortConnection()
