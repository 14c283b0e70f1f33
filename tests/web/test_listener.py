"""Accepting from a socket that several accept from."""

from __future__ import annotations

import os
import socket
from typing import Any, cast

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pictd.web.listener import SharedListener, bound_socket
from pictd.web.receiving import BodyLimits
from pictd.web.request import PictdRequest
from pictd.web.site import PictdSite
from tests.support.exchange import Leaf
from tests.support.waiting import until

CONNECTIONS = 10


async def nothing(request: PictdRequest) -> bytes:
    """Nobody asks."""
    return b""


class SharedTests(TestCase):
    """Two sites on one socket."""

    timeout = 30

    def site(self, bound: socket.socket) -> PictdSite:
        """One that accepts from it."""
        site, listener = self.listening(bound)
        listener.welcome()
        return site

    def listening(self, bound: socket.socket) -> tuple[PictdSite, SharedListener]:
        """One whose database is not open yet."""
        clock = cast(Any, reactor)
        site = PictdSite(Leaf(nothing), clock, BodyLimits(0))
        own = socket.socket(fileno=os.dup(bound.fileno()))
        listener = SharedListener(own, site, clock)
        listener.startService()
        self.addCleanup(listener.stopService)
        return site, listener

    async def test_a_burst(self) -> None:
        """Of connections is divided, also where one was there first."""
        bound = bound_socket("127.0.0.1", 0)
        self.addCleanup(bound.close)
        for _ in range(CONNECTIONS):
            self.addCleanup(socket.create_connection(bound.getsockname()).close)
        sites = [self.site(bound), self.site(bound)]

        async def all_are_in() -> bool:
            return sum(len(site.channels) for site in sites) == CONNECTIONS

        await until(all_are_in, 10, lambda: [len(site.channels) for site in sites])
        self.assertEqual([len(site.channels) for site in sites], [CONNECTIONS / 2] * 2)

    async def test_before_the_database_is_open(self) -> None:
        """The other one has all connections; from then on both have."""
        bound = bound_socket("127.0.0.1", 0)
        self.addCleanup(bound.close)
        ready = self.site(bound)
        late, listener = self.listening(bound)
        clients = [socket.create_connection(bound.getsockname()) for _ in range(CONNECTIONS)]
        for client in clients:
            self.addCleanup(client.close)

        async def all_are_in() -> bool:
            return len(ready.channels) == CONNECTIONS

        await until(all_are_in, 10, lambda: len(ready.channels))
        self.assertEqual(len(late.channels), 0)
        listener.welcome()
        for _ in range(CONNECTIONS):
            self.addCleanup(socket.create_connection(bound.getsockname()).close)

        async def late_has_some() -> bool:
            return len(late.channels) > 0

        await until(late_has_some, 10, lambda: len(late.channels))
