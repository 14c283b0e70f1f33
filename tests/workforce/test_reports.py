"""What a worker tells arrives whole, and nothing is lost where nobody listens at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from pictd.metrics import Metrics
from pictd.model import frames
from pictd.workforce.reports import FIGURES, Reports, metric

EVENTS = 200


class ReportsTests(TestCase):
    """A pipe."""

    timeout = 30

    def setUp(self) -> None:
        self.reading, self.writing = os.pipe()
        self.reports = Reports(self.writing)
        self.addCleanup(os.close, self.reading)

    def read(self) -> Iterator[Any]:
        """All messages, until the pipe is closed."""
        buffer = bytearray()
        while piece := os.read(self.reading, 1000):
            buffer += piece
            yield from frames.unpack(buffer)

    def tell(self) -> None:
        """More than a pipe holds."""
        for number in range(EVENTS):
            self.reports.event({"log_format": "{text}", "text": "x" * 2000, "number": number})
        os.close(self.writing)

    async def test_more_than_the_pipe_holds(self) -> None:
        """The worker waits for its supervisor."""
        telling = deferToThread(self.tell)
        found = await deferToThread(lambda: list(self.read()))
        await telling
        numbers = [message["event"]["fields"]["number"] for message in found]
        self.assertEqual(numbers, list(range(EVENTS)))

    async def test_figures(self) -> None:
        """They are the same at the other end."""
        metrics = Metrics()
        metrics.files.add(upload="inline")
        metrics.children_cpu.observe(0.5, command="x")
        self.reports.figures(metrics.registry.collect())
        os.close(self.writing)
        (message,) = self.read()
        found = [metric(each) for each in message[FIGURES]]
        self.assertEqual(found, list(metrics.registry.collect()))
