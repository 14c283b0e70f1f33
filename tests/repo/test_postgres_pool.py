"""Connections that are kept, and those that are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from pictd.repo.postgres.link import Link, Server
from pictd.repo.postgres.pool import IDLE_LIMIT, Pool


@attrs.define(eq=False)
class Line:
    """A connection to nowhere."""

    number: int
    closed: bool = False

    def get_backend_pid(self) -> int:
        """See ``Link``."""
        return self.number

    def close(self) -> None:
        """See ``Link``."""
        self.closed = True


@attrs.define
class Lines:
    """A server that is always there.

    :ivar made: all connections to it.
    """

    connections: int = 4
    made: list[Line] = attrs.field(factory=list)

    async def connect(self, lost: Callable[[], None]) -> Line:
        """See ``Server``."""
        self.made.append(Line(len(self.made)))
        return self.made[-1]


class PoolTests(SynchronousTestCase):
    """By a clock of the test's."""

    def setUp(self) -> None:
        """Nothing is connected."""
        self.clock, self.server = Clock(), Lines()
        self.pool = Pool(cast(Server, self.server), self.clock)

    def taken(self) -> Link:
        """By somebody who has his turn at once."""

        async def take() -> Any:
            return await self.pool.take(await self.pool.turn())

        return cast(Link, self.successResultOf(Deferred.fromCoroutine(take())))

    def give_back(self, *links: Link) -> None:
        """All of them."""
        for link in links:
            self.pool.give_back(link)
            self.pool.pass_on()

    def test_as_many_as_are_needed(self) -> None:
        """One who comes after another takes the same connection."""
        for _ in range(3):
            self.give_back(self.taken())
        self.assertEqual(len(self.server.made), 1)

    def test_no_more_than_there_may_be(self) -> None:
        """Others wait until one is given back."""
        links = [self.taken() for _ in range(self.server.connections)]
        waiting = Deferred.fromCoroutine(self.pool.turn())
        self.assertNoResult(waiting)
        self.give_back(links[0])
        self.successResultOf(waiting)

    def test_what_nobody_needs(self) -> None:
        """Is closed after a while; what is in use goes on."""
        self.give_back(*[self.taken() for _ in range(3)])
        for _ in range(4):
            self.clock.advance(IDLE_LIMIT / 3)
            self.give_back(self.taken())
        self.assertEqual([line.closed for line in self.server.made], [True, True, False])
        self.assertEqual(self.taken().get_backend_pid(), 2)
