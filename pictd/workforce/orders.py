"""What a worker is told, before it begins and while it runs, by messages on its standard input.

The first message is its ``Order``; ``STOP`` and ``TELL_FIGURES`` follow.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

STOP = "stop"
TELL_FIGURES = "figures"

LISTENING = 3
"""The worker's descriptor of the socket that all workers accept from."""


@attrs.frozen
class Order:
    """How to be a worker.

    :ivar configuration: as ``pictd.config.handing`` makes it. Secrets are in it, which therefore
        are on no command line, and in no file.
    :ivar supervisor: its process id.
    :ivar folder: name of the worker's temporary folder.
    :ivar began: when the supervisor began, in seconds.
    :ivar filtered: whether events are told that the configuration does not ask for.
    """

    configuration: Mapping[str, object] = attrs.field(repr=False)
    supervisor: int
    folder: str
    began: float
    filtered: bool
