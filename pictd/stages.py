"""Services that start one after the other and stop in the reverse order.

``MultiService`` stops all its children at once; here what others depend on outlives them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import attrs
from twisted.application.service import IService, Service
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

Step = Callable[[], Awaitable[None]]

AGAIN_AFTER = 5.0
"""Seconds until what could not be opened is tried again."""


async def nothing() -> None:
    """The step of what needs none."""


class Stages(Service):
    """:param stages: in the order in which they start."""

    _log = Logger()

    def __init__(self, stages: Sequence[IService]) -> None:
        self._stages = stages

    def startService(self) -> None:
        """Start each stage; none waits for the one before it to be done with starting."""
        super().startService()
        for stage in self._stages:
            stage.startService()

    def stopService(self) -> Deferred[None]:
        """Stop each stage when the one after it has stopped."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        for stage in reversed(self._stages):
            try:
                await maybeDeferred(stage.stopService)
            except Exception as error:
                self._log.failure("{stage} did not stop well: {e}", stage=stage, e=repr(error))


class Arrival(Service):
    """As the last stage: tells somebody that everything before it was started."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def startService(self) -> None:
        """Tell."""
        super().startService()
        self._tell()


class Forewarning(Service):
    """As the last stage: tells somebody that the end has begun, long before his turn comes."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def stopService(self) -> None:
        """Tell."""
        super().stopService()
        self._tell()


@attrs.frozen
class Trouble:
    """What is done where something can't be opened.

    :ivar passes: whether it may pass by itself; then opening is tried again.
    :ivar give_up: told of what does not pass.
    """

    clock: IReactorTime
    passes: Callable[[Exception], bool]
    give_up: Callable[[Exception], None]


class Held(Service):
    """Something that is opened at start and closed at the end.

    :param name: for people.
    :param inner: runs only while the thing is open.
    :param open: may raise ``CancelledError`` where it was told to end.
    :param trouble: None: a failure is logged. In any case others run on, and get the errors of
        what is not open.
    """

    _log = Logger()

    def __init__(
        self,
        name: str,
        open: Step,
        close: Step,
        inner: IService | None = None,
        trouble: Trouble | None = None,
    ) -> None:
        self._name = name
        self._open = open
        self._close = close
        self._inner = inner
        self._trouble = trouble
        self._pause: Deferred[None] | None = None
        self._opening: Deferred[None] | None = None

    def startService(self) -> None:
        """Begin to open."""
        super().startService()
        self._opening = Deferred.fromCoroutine(self._try_to_open())

    def stopService(self) -> Deferred[None]:
        """Close, once opening has ended."""
        super().stopService()
        return Deferred.fromCoroutine(self._finish())

    async def _try_to_open(self) -> None:
        trying = True
        while trying and self.running:
            try:
                await self._open()
                self._start_inner()
                trying = False
            except CancelledError:
                raise
            except Exception as error:
                trying = await self._may_try_again(error)

    async def _may_try_again(self, error: Exception) -> bool:
        """After a pause, where the failure may pass."""
        trouble = self._trouble
        if trouble is None or not trouble.passes(error):
            self._log.critical("{name}: {error}", name=self._name, error=error)
            if trouble is not None:
                trouble.give_up(error)
            return False
        self._log.error("{name}, will be tried again: {error}", name=self._name, error=error)
        self._pause = deferLater(trouble.clock, AGAIN_AFTER)
        with suppress(CancelledError):
            await self._pause
        self._pause = None
        return True

    def _start_inner(self) -> None:
        if self._inner is not None and self.running:
            self._inner.startService()

    async def _finish(self) -> None:
        opening, self._opening = self._opening, None
        if self._pause is not None:
            self._pause.cancel()
        if opening is not None:
            with suppress(CancelledError):
                await opening
        if self._inner is not None and self._inner.running:
            await maybeDeferred(self._inner.stopService)
        await self._close()
