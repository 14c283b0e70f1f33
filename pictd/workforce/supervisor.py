"""The process that the operator starts where there are several: it binds, logs, shows figures, and
keeps the workers in number. Requests it does not see."""

from __future__ import annotations

import os
import socket
from typing import Any
from uuid import uuid4

import attrs
from twisted.application.service import IService

from pictd.assembly.backends import make_repo, make_scratch, make_store
from pictd.assembly.listeners import bound, certificates, metrics_listener
from pictd.assembly.refusals import refuse_unsupported
from pictd.assembly.service import give_up
from pictd.config.handing import handed
from pictd.config.load import Loaded
from pictd.config.schema import Config
from pictd.metrics import Metrics
from pictd.signals import Signals
from pictd.stages import Held, Stages, nothing
from pictd.tools.scratch import Scratch
from pictd.workforce.gathering import Gathering
from pictd.workforce.orders import Order
from pictd.workforce.process import WorkerProcess
from pictd.workforce.workforce import Ended, Serves, Workforce


@attrs.frozen
class Supervisor:
    """Where workers come from.

    :ivar order: what all are told; each gets a folder of its own.
    """

    reactor: Any
    listening: socket.socket
    scratch: Scratch
    order: Order

    def hire(self, number: int, serves: Serves, ended: Ended) -> WorkerProcess:
        """See ``Hiring``. The supervisor's process id is known when twistd has daemonised."""
        order = attrs.evolve(self.order, supervisor=os.getpid(), folder=str(uuid4()))
        worker = WorkerProcess(number, order, serves, ended)
        worker.start(self.reactor, self.listening.fileno())
        return worker

    def close(self) -> None:
        """See ``Hiring``."""
        self.listening.close()

    async def clear(self, worker: WorkerProcess) -> None:
        """See ``Hiring``."""
        await self.scratch.discard_of(worker.order.folder)

    def give_up(self) -> None:
        """See ``Hiring``."""
        give_up(self.reactor)


def make_supervisor(loaded: Loaded, reactor: Any, filtered: bool) -> IService:
    """The whole server, of several processes. What can be known to fail, fails here.

    :param filtered: whether only those events are logged that the configuration asks for.
    :raise CannotStart: as with one process.
    """
    config = loaded.config
    refuse_unsupported(config)
    listening = bound("server.address", config.server.address)
    _try_parts(config, reactor)
    order = Order(handed(loaded.values), 0, "", reactor.seconds(), filtered)
    scratch = make_scratch(config)
    supervisor = Supervisor(reactor, listening, scratch, order)
    workforce = Workforce(reactor, config.server.workers, supervisor)
    gathering = Gathering(workforce, reactor)
    return Stages(
        [
            Signals(reactor),
            Held("scratch", nothing, scratch.close),
            *metrics_listener(config, gathering.gathered, reactor),
            workforce,
        ]
    )


def _try_parts(config: Config, reactor: Any) -> None:
    """Make what workers will make, so that it is told here if that can't be."""
    certificates(config, reactor)
    make_repo(config, reactor, Metrics())
    make_store(config, reactor)
