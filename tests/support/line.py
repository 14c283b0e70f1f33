"""An address on loopback that nobody should call."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase


class Line(Factory):
    """Takes calls, says nothing, and is closed after the test.

    :ivar called: by whom.
    :ivar url: of a film there.
    """

    def __init__(self, test: TestCase) -> None:
        self.called: list[object] = []
        port = cast(Any, reactor).listenTCP(0, self, interface="127.0.0.1")
        test.addCleanup(port.stopListening)
        self.url = f"http://127.0.0.1:{port.getHost().port}/a.mp4"

    def buildProtocol(self, addr: object) -> Protocol:
        """Note it."""
        self.called.append(addr)
        return Protocol()
