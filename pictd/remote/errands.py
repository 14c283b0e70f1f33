"""What comes of each request to another server: counted, and told in the log under an id.

Whoever asked may have put a secret into the query of a URL, so that the line at the end is without
it; the whole URL, and each one that it leads on to, is there for those who debug.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from uuid import uuid4

import attrs
from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from pictd import errors
from pictd.errors import PictdError
from pictd.metrics import Metrics
from pictd.model.urls import without_query

_MOST_SHOWN = 500
"""Characters of a URL."""

_log = Logger()


class Errand(Enum):
    """What a request is for."""

    DOWNLOAD = "download"
    PROXY = "proxy"
    VALIDATOR = "validator"


class Outcome(Enum):
    """What comes of one."""

    SUCCESS = "success"
    REFUSED = "refused"
    BLOCKED = "blocked"
    TOO_LARGE = "too-large"
    SLOW = "slow"
    UNREACHABLE = "unreachable"
    OVERLOADED = "overloaded"
    FAILED = "failed"
    LEFT = "left"


_OF_ERRORS: Mapping[type[PictdError], Outcome] = {
    errors.UpstreamRefused: Outcome.REFUSED,
    errors.RefusedByValidator: Outcome.REFUSED,
    errors.BlockedAddress: Outcome.BLOCKED,
    errors.FileTooLarge: Outcome.TOO_LARGE,
    errors.UpstreamTooSlow: Outcome.SLOW,
    errors.UpstreamUnreachable: Outcome.UNREACHABLE,
    errors.Overloaded: Outcome.OVERLOADED,
}


@attrs.define(eq=False)
class Journey:
    """One request and its redirects, from the wish to the last byte.

    :ivar status: of the last answer; None: there was none.
    :ivar moved: bytes of the body that came; of the file that was shown to a validator.
    """

    _outgoing: Outgoing
    _url: str
    _id: str = attrs.field(factory=lambda: str(uuid4()))
    _began: float = attrs.field(init=False)
    _over: bool = False
    status: int | None = None
    moved: int = 0

    def __attrs_post_init__(self) -> None:
        self._began = self._outgoing.clock.seconds()
        self._outgoing.metrics.outgoing_started.add(kind=self._outgoing.errand.value)
        self.leads_to(self._url)

    def leads_to(self, url: str) -> None:
        """This is asked for now."""
        self._url = url
        kind = self._outgoing.errand.value
        _log.debug("{kind} {errand_id}: asking {url}", kind=kind, errand_id=self._id, url=url)

    def end(self, error: PictdError | None = None) -> None:
        """All has come, or never will. Only the first end counts."""
        if error is None:
            self._end(Outcome.SUCCESS, "")
        else:
            self._end(_OF_ERRORS.get(type(error), Outcome.FAILED), str(error))

    @contextmanager
    def ending_badly(self) -> Iterator[None]:
        """Around what it depends on: what is raised there ends it."""
        try:
            yield
        except PictdError as error:
            self.end(error)
            raise
        except CancelledError:
            self.leave()
            raise

    def leave(self) -> None:
        """Nobody wants it any more."""
        self._end(Outcome.LEFT, "")

    def _end(self, outcome: Outcome, reason: str) -> None:
        if self._over:
            return
        self._over = True
        seconds = self._outgoing.clock.seconds() - self._began
        self._outgoing.count(outcome, seconds, self.moved)
        _log.info(
            "{kind} {errand_id}: {outcome}: {url}: status {status}, {bytes} bytes, {seconds} s"
            "{reason}",
            kind=self._outgoing.errand.value,
            errand_id=self._id,
            outcome=outcome.value,
            url=without_query(self._url)[:_MOST_SHOWN],
            status=self.status,
            bytes=self.moved,
            seconds=round(seconds, 3),
            reason=f" ({reason})" if reason else "",
        )


@attrs.frozen
class Outgoing:
    """Requests for one purpose.

    :ivar metrics: where nobody reads them, they are of no use and do no harm.
    """

    errand: Errand
    clock: IReactorTime
    metrics: Metrics = attrs.field(factory=Metrics)

    def begin(self, url: str) -> Journey:
        """Somebody asks for a URL."""
        return Journey(self, url)

    def count(self, outcome: Outcome, seconds: float, moved: int) -> None:
        """One has ended.

        :param moved: bytes.
        """
        kind = self.errand.value
        self.metrics.outgoing.observe(seconds, kind=kind, outcome=outcome.value)
        self.metrics.outgoing_bytes.add(moved, kind=kind)
