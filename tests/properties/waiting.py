"""Requests under way: who waits for what, and who was never told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from pictd.errors import Overloaded, PictdError, RepoUnavailable, StoreUnavailable
from tests.properties.model import Model
from tests.properties.world import World

ASKED_FOR = (Overloaded, RepoUnavailable, StoreUnavailable)
"""What backends raise where a gate lets them fail."""


@attrs.define(eq=False)
class Request:
    """Something that a client waits for.

    :ivar missed: called where it is never told of an end; the argument says whether its work may
        have been cut off, so that all of it happened or none.
    :ivar leaves: whether it may go away; the server's own sweeps never do.
    """

    work: Deferred[Any]
    missed: Callable[[bool], None]
    leaves: bool = True


class Waiting:
    """The requests to one world.

    :ivar running: those under way.
    :ivar failures: what went wrong in a way that no promise allows.
    :ivar troubled: whether a backend failed in this world.
    :ivar left: by content, how many inline uploads are undone because their clients have left.
    :ivar left_queueing: how many queued ones.
    :ivar begun: how many requests there were.
    """

    def __init__(self, world: World, model: Model) -> None:
        self.world, self.model = world, model
        self.running: list[Request] = []
        self.failures: list[Failure] = []
        self.troubled = False
        self.left: Counter[bytes] = Counter()
        self.left_queueing = 0
        self.begun = 0

    def leave(self, number: int) -> None:
        """One of those who wait goes away."""
        able = [request for request in self.running if request.leaves]
        if able:
            able[number % len(able)].work.cancel()

    def leave_all(self) -> None:
        """Nobody waits any longer."""
        for request in list(self.running):
            if request.leaves:
                request.work.cancel()

    def fail(self, number: int) -> None:
        """A backend fails at a step."""
        self.troubled = True
        self.world.gates.fail(number)

    def die(self) -> None:
        """With the process; nobody is told anything any more."""
        self.world.gates.die()
        for request in list(self.running):
            self.running.remove(request)
            request.missed(True)
        self._count_left()
        self.world.end()

    def settled(self) -> None:
        """Nobody works any more: who left has been undone, unless a backend failed."""
        if self.troubled:
            self._count_left()
        self.left.clear()
        self.left_queueing = 0

    def _count_left(self) -> None:
        self.model.strangers.update(self.left)
        self.model.unknown_uploads += self.left_queueing
        self.left.clear()
        self.left_queueing = 0

    def track(
        self,
        request: Request,
        told: Callable[[Any], None],
        allowed: type[PictdError] | tuple[type[PictdError], ...] = (),
    ) -> None:
        """:param told: called with the answer.
        :param allowed: what may be raised instead.
        """
        self.running.append(request)
        self.begun += 1

        def failed(failure: Failure) -> None:
            if failure.check(CancelledError) is None:
                passing = ASKED_FOR if self.troubled else ()
                if not isinstance(failure.value, (passing, allowed)):
                    failure.raiseException()
            request.missed(self.troubled)

        request.work.addBoth(self._forgotten, request)
        request.work.addCallbacks(told, failed)
        request.work.addErrback(self.failures.append)

    def _forgotten(self, outcome: Any, request: Request) -> Any:
        if request in self.running:
            self.running.remove(request)
        return outcome
