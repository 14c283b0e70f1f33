"""Commands that do their work and end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.utils import getProcessOutputAndValue
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

import pictd

ROOT = str(Path(pictd.__file__).parent.parent)

PROGRAM = """
from twisted.internet.task import deferLater
from twisted.logger import Logger
from pictd.commands.foreground import in_foreground, _show_warnings
from pictd.config.findings import ConfigError
from pictd.errors import RepoUnavailable
async def work(reactor):
    {body}
_show_warnings("pictd")
in_foreground(work)
"""


class ForegroundTests(TestCase):
    """What a shell sees."""

    async def run_body(self, body: str) -> tuple[str, str, int]:
        """Output, errors and exit status of a command that does this."""
        out, err, status = await getProcessOutputAndValue(
            sys.executable, ["-c", PROGRAM.format(body=body)], {**os.environ, "PYTHONPATH": ROOT}
        )
        return out.decode(), err.decode(), status

    async def test_status(self) -> None:
        """The work's own, and nothing else is told."""
        self.assertEqual(await self.run_body("return 3"), ("", "", 3))

    async def test_known_errors(self) -> None:
        """One line of text, status 1."""
        found = await self.run_body("raise RepoUnavailable('the disk is full')")
        self.assertEqual(found, ("", "pictd: the disk is full\n", 1))

    async def test_configuration(self) -> None:
        """Each finding has its line."""
        found = await self.run_body("raise ConfigError(['one', 'two'])")
        self.assertEqual(found, ("", "pictd: one\npictd: two\n", 1))

    async def test_faults(self) -> None:
        """What nobody expected is no success, and is told whole."""
        _, err, status = await self.run_body("raise KeyError('what')")
        self.assertEqual(status, 1)
        self.assertIn("KeyError: 'what'", err)

    async def test_warnings(self) -> None:
        """Of pictd's own log; what is less is not shown."""
        body = (
            "Logger('pictd.x').warn('slow: {n}', n=3); Logger('pictd.x').info('no'); "
            "Logger('other').warn('no'); return 0"
        )
        self.assertEqual(await self.run_body(body), ("", "pictd: slow: 3\n", 0))


class InterruptTests(TestCase):
    """Ctrl-C, and what systemd sends."""

    timeout = 60

    async def interrupted_by(self, number: int) -> tuple[str, int | None]:
        """What a command leaves that waits, and has something to put away."""
        body = (
            "print('here', flush=True)\n"
            "    try: await deferLater(reactor, 3600)\n"
            "    finally: await deferLater(reactor, 0.1); print('put away', flush=True)"
        )
        talk = Talk(number)
        program = [sys.executable, "-c", PROGRAM.format(body=body)]
        reactor.spawnProcess(talk, sys.executable, program, {**os.environ, "PYTHONPATH": ROOT})
        return await talk.ended

    async def test_signals(self) -> None:
        """The work is cancelled and may put things away; the status tells that it did not end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self.assertEqual(
                await self.interrupted_by(number), ("here\nput away\npictd: interrupted\n", 130)
            )


class Talk(ProcessProtocol):
    """Sends a signal at the first word."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.heard = b""
        self.ended: Deferred[tuple[str, int | None]] = Deferred()

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Of either output."""
        if not self.heard and self.transport is not None:
            self.transport.signalProcess(self.number)
        self.heard += data

    def processEnded(self, reason: Failure) -> None:
        """It is over."""
        self.ended.callback((self.heard.decode(), getattr(reason.value, "exitCode", None)))
