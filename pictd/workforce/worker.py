"""What a worker is: ``python -m pictd.workforce.worker``, started by the supervisor alone.

It serves as a single process does, from a socket that it is given. It ends when it is told to, by
message or signal, and at once when its supervisor is gone: nobody would log what it does.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ReactorNotRunning
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.logger import FilteringLogObserver, ILogObserver, Logger, globalLogBeginner
from twisted.python.failure import Failure
from zope.interface import implementer

from pictd.assembly.backends import make_scratch_beside
from pictd.assembly.failures import CannotStart
from pictd.assembly.service import Seat, make_seated
from pictd.config.handing import received
from pictd.config.schema import Config
from pictd.imaging.kernel import die_with_parent
from pictd.logs.heeding import Heeding
from pictd.model import frames
from pictd.web.exposition import Gather
from pictd.web.listener import SharedListener
from pictd.workforce.orders import LISTENING, STOP, TELL_FIGURES, Order
from pictd.workforce.reports import Reports

CANNOT_SERVE = 1
"""The status of a worker that has logged why."""

_log = Logger()


@implementer(ILogObserver)
class Told:
    """Tells the supervisor what there is to log."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def __call__(self, event: Any) -> None:
        """For Twisted."""
        self._reports.event(event)


class Orders(Protocol):
    """What comes from the supervisor while the worker runs."""

    def __init__(self, reactor: Any, reports: Reports) -> None:
        self._reactor = reactor
        self._reports = reports
        self._buffer = bytearray()
        self._gather: Gather | None = None

    def show(self, gather: Gather) -> list[Any]:
        """Tell these figures to whoever asks; needs no service for that."""
        self._gather = gather
        return []

    def dataReceived(self, data: bytes) -> None:
        """Orders."""
        self._buffer += data
        for order in frames.unpack(self._buffer):
            if order == STOP:
                with suppress(ReactorNotRunning):
                    self._reactor.stop()
            elif order == TELL_FIGURES:
                Deferred.fromCoroutine(self._tell_figures()).addErrback(_complain)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The supervisor is gone, unless it is the reactor that ends."""
        if reason.check(ConnectionDone):
            os._exit(CANNOT_SERVE)

    async def _tell_figures(self) -> None:
        if self._gather is not None:
            self._reports.figures(await self._gather())


def main() -> None:
    """Serve until told to end."""
    reports = Reports(os.dup(1))
    os.dup2(2, 1)  # whoever prints must not garble reports
    order = _read_order()
    die_with_parent(signal.SIGKILL, order.supervisor)
    config = received(order.configuration)
    _log_to(reports, config, order.filtered)
    # Late: what goes wrong from here on is logged.
    from twisted.internet import reactor

    _run(config, reactor, order, reports)


def _read_order() -> Order:
    """Reads no further than the first message."""
    head = _read(4)
    for message in frames.unpack(bytearray(head + _read(int.from_bytes(head, "big")))):
        assert isinstance(message, dict)
        return Order(**message)
    raise EOFError("no order has come")


def _read(size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            raise EOFError("the supervisor is gone")
        data += piece
    return data


def _log_to(reports: Reports, config: Config, filtered: bool) -> None:
    observer: ILogObserver = Told(reports)
    if filtered:
        observer = FilteringLogObserver(observer, [Heeding(config.tracing.logging.targets)])
    globalLogBeginner.beginLoggingTo([observer])


def _run(config: Config, reactor: Any, order: Order, reports: Reports) -> None:
    orders = Orders(reactor, reports)
    seat = Seat(
        listening=socket.socket(fileno=LISTENING),
        prepare=partial(make_scratch_beside, config, order.folder),
        began=order.began,
        show=orders.show,
        serves=reports.serves,
        listener=SharedListener,
    )
    try:
        service = make_seated(config, reactor, seat)
    except CannotStart as error:
        _log.critical("{error}", error=error)
        raise SystemExit(CANNOT_SERVE) from error
    StandardIO(orders, reactor=reactor)
    service.privilegedStartService()
    service.startService()
    reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.run()


def _complain(failure: Failure) -> None:
    _log.failure("The figures could not be told", failure)


if __name__ == "__main__":
    main()
