"""Backends whose work stands still at every step, until a test lets it go on.

How it works: each step of a backend is atomic, as its contract promises. The caller stands at a
gate before the step and at another after it, so that a test chooses what happens meanwhile. Who is
cancelled before a step of the store leaves it to happen later, as a thread would; a step of the
repo is then withdrawn. Where the process dies nobody passes any gate again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from pictd.errors import Overloaded, PictdError, RepoUnavailable, StoreUnavailable

FACETS = ("aliases", "proxies", "hashes", "variants", "details", "uploads", "settings", "jobs")

Finish = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a step to its end, however many threads it takes."""


@attrs.define(eq=False)
class Gate:
    """Somebody who stands before a step, or after it.

    :ivar failure: what the backend may raise here instead of taking the step.
    """

    name: str
    failure: type[PictdError] | None
    passed: Deferred[None] = attrs.field(factory=Deferred)


@attrs.define(eq=False)
class Gates:
    """All gates of one process, in the order in which they were reached."""

    finish: Finish
    standing: list[Gate] = attrs.field(factory=list)
    dead: bool = False

    def open(self, number: int) -> None:
        """Let one of them pass; it runs to its next gate."""
        self.standing.pop(number % len(self.standing)).passed.callback(None)

    def fail(self, number: int) -> None:
        """Let the backend fail before a step, if anybody stands there."""
        able = [gate for gate in self.standing if gate.failure is not None]
        if able:
            gate = able[number % len(able)]
            assert gate.failure is not None
            self.standing.remove(gate)
            gate.passed.errback(gate.failure("this was asked for"))

    def die(self) -> None:
        """Nobody passes any more."""
        self.dead = True
        self.standing.clear()

    async def step(self, kind: Kind, name: str, act: Callable[[], Any]) -> Any:
        """Take one step between two gates."""
        if self.dead:
            raise GeneratorExit  # what is collected of a dead process does nothing more
        gate = Gate(name, kind.failure)
        try:
            await self._stand(gate)
        except CancelledError:
            if kind.goes_on:
                self._take_later(name, act)
            raise
        outcome = self._outcome(act)
        await self._stand(Gate(f"after {name}", None))
        if isinstance(outcome, Failure):
            outcome.raiseException()
        return outcome

    def relay(self, waiting: Deferred[None]) -> Deferred[None]:
        """A wait that nobody who died wakes from."""
        relayed: Deferred[None] = Deferred(lambda _: waiting.cancel())
        waiting.addErrback(lambda _: None)
        waiting.addCallback(lambda _: self._wake(relayed))
        return relayed

    def _wake(self, relayed: Deferred[None]) -> None:
        if not self.dead and not relayed.called:
            relayed.callback(None)

    def _stand(self, gate: Gate) -> Deferred[None]:
        gate.passed = Deferred(lambda _: self.standing.remove(gate))
        self.standing.append(gate)
        return gate.passed

    def _take_later(self, name: str, act: Callable[[], Any]) -> None:
        later = self._stand(Gate(f"left {name}", None))
        later.addCallback(lambda _: self._outcome(act))
        later.addErrback(lambda _: None)  # nobody is there to be told

    def _outcome(self, act: Callable[[], Any]) -> Any:
        try:
            return self.finish(act())
        except Exception:
            return Failure()


@attrs.frozen
class Kind:
    """:ivar failure: what a backend of this kind raises where it fails.
    :ivar goes_on: whether a step whose caller was cancelled is taken all the same.
    """

    failure: type[PictdError] | None
    goes_on: bool


REPO = Kind(RepoUnavailable, goes_on=False)
STORE = Kind(StoreUnavailable, goes_on=True)
SCRATCH = Kind(None, goes_on=True)
MEDIA = Kind(Overloaded, goes_on=False)
REMOTE = Kind(None, goes_on=False)


class Gated:
    """A backend behind gates; what is no coroutine is as it was."""

    def __init__(self, gates: Gates, inner: Any, kind: Kind) -> None:
        self._gates, self._inner, self._kind = gates, inner, kind

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in FACETS:
            return Gated(self._gates, found, self._kind)
        if name == "wait":
            return partial(self._wait, found)
        return partial(self._call, name, found) if inspect.iscoroutinefunction(found) else found

    async def _call(self, name: str, act: Callable[..., Any], *given: Any, **named: Any) -> Any:
        return await self._gates.step(self._kind, name, partial(act, *given, **named))

    async def _wait(self, act: Callable[..., Any], topic: Any) -> None:
        await self._gates.relay(Deferred.fromCoroutine(act(topic)))
