"""What twistd runs (``twistd pictd …``), and the console script ``pictd …``.

Wrong usage exits with 2, a configuration that can't be used with 1; both say why on standard
error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from twisted.application.service import IService
from twisted.logger import Logger
from twisted.scripts import twistd

from pictd.commands.foreground import fail
from pictd.commands.options import Options
from pictd.config.findings import ConfigError
from pictd.config.load import Loaded
from pictd.logs.placing import Logged, is_twistds, observer, place

__all__ = ["Options", "announce", "main", "makeService"]

_log = Logger()


def announce(warnings: Sequence[str], log: Logger) -> None:
    """Log every warning at start (contract D2); twistd's log opens later, and shows them first."""
    for warning in warnings:
        log.warn("configuration: {warning}", warning=warning)


def makeService(options: Options) -> IService:
    """What twistd runs. Exits with 1 and the reasons where the configuration can't be used, or
    this machine does not let the server start with it."""
    try:
        loaded = options.load()
    except ConfigError as error:
        fail(1, error.messages)
    announce(loaded.warnings, _log)
    # Late, so that help needs neither a reactor nor what serves.
    from twisted.internet import reactor

    from pictd.assembly.failures import CannotStart

    try:
        service = _service(loaded, reactor, options)
    except CannotStart as error:
        fail(1, [str(error)])
    stream = place(options.parent, reactor) if options.parent is not None else None
    if stream is None:
        return service
    return Logged(service, observer(loaded.config.tracing.logging, stream))


def _service(loaded: Loaded, reactor: Any, options: Options) -> IService:
    # Late, as above.
    from pictd.assembly.service import make_service
    from pictd.workforce.supervisor import make_supervisor

    if loaded.config.server.workers == 1:
        return make_service(loaded.config, reactor)
    return make_supervisor(loaded, reactor, filtered=not is_twistds(options.parent or {}))


def main() -> None:
    """The console script: ``twistd pictd`` in the foreground, without a pid file."""
    sys.argv[1:] = ["--nodaemon", "--pidfile=", "pictd", *sys.argv[1:]]
    twistd.run()
