"""What has arrived and was not read yet."""

from __future__ import annotations

from typing import cast

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase

from pictd.inflow import Inflow

MOST = 10


class Sender:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        """See ``IPushProducer``."""
        self.told.append("pause")

    def resumeProducing(self) -> None:
        """See ``IPushProducer``."""
        self.told.append("resume")


class InflowTests(SynchronousTestCase):
    """Between a sender and a reader."""

    def setUp(self) -> None:
        """Nothing has come."""
        self.sender, self.given_up = Sender(), 0
        self.inflow = Inflow(MOST, lambda: cast(IPushProducer, self.sender), self.give_up)

    def give_up(self) -> None:
        """The reader was cancelled."""
        self.given_up += 1

    def test_taking(self) -> None:
        """All pieces at once, and from then on there are none."""
        for piece in (b"a", b"bc"):
            self.inflow.add(piece)
        self.assertFalse(self.inflow.is_empty)
        self.assertEqual(self.inflow.take(more=True), b"abc")
        self.assertTrue(self.inflow.is_empty)

    def test_a_slow_reader(self) -> None:
        """Holds the sender back, until it takes what is there."""
        self.inflow.add(bytes(MOST - 1))
        self.assertEqual(self.sender.told, [])
        self.inflow.add(b"x")
        self.assertEqual(self.sender.told, ["pause"])
        self.inflow.take(more=True)
        self.assertEqual(self.sender.told, ["pause", "resume"])

    def test_the_end(self) -> None:
        """Nobody is asked for more."""
        self.inflow.add(b"last")
        self.assertEqual(self.inflow.take(more=False), b"last")
        self.assertEqual(self.sender.told, [])

    def test_news(self) -> None:
        """A reader who waits hears of the next piece, and of being woken."""
        news = self.inflow.news()
        self.assertNoResult(news)
        self.inflow.add(b"x")
        self.successResultOf(news)
        news = self.inflow.news()
        self.inflow.wake()
        self.successResultOf(news)

    def test_a_reader_who_leaves(self) -> None:
        """Has given up; what comes then disturbs nobody."""
        news = self.inflow.news()
        news.cancel()
        self.failureResultOf(news, CancelledError)
        self.assertEqual(self.given_up, 1)
        self.inflow.add(b"x")
