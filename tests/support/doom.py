"""A process that dies in the middle of its work, without dying."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import attrs

from pictd.interfaces.repos import IRepo
from pictd.interfaces.stores import IStore

_WAITING = frozenset({"expecting", "wait"})
"""Methods that change nothing, and look at nothing."""


class Crash(BaseException):
    """Nothing that the process does from here on has an effect."""


@attrs.define
class Fate:
    """How much is done before the end: ``allowed`` calls of backends, and no other after them."""

    allowed: int
    calls: int = 0

    def step(self) -> None:
        """One call is about to be made.

        :raise Crash: it comes too late.
        """
        self.calls += 1
        if self.calls > self.allowed:
            raise Crash

    @property
    def struck(self) -> bool:
        """Whether a call came too late."""
        return self.calls > self.allowed

    def store(self, store: IStore) -> IStore:
        """The store, as the doomed process has it."""
        return cast(IStore, _Doomed(store, self))

    def repo(self, repo: IRepo) -> IRepo:
        """The repo, as the doomed process has it."""
        return cast(IRepo, _Doomed(repo, self))


@attrs.frozen
class _Doomed:
    _backend: Any
    _fate: Fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name in _WAITING:
            return found
        return self._counted(found) if callable(found) else _Doomed(found, self._fate)

    def _counted(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: object, **named: object) -> Any:
            self._fate.step()
            return await method(*arguments, **named)

        return call
