"""What each of several workers takes of the machine."""

from __future__ import annotations

import os

from pictd.config.schema import Config
from pictd.repo.postgres.link import CONNECTIONS

_FEWEST = 3
"""Connections: one may be at work on something long, while look-ups go on."""


def connections(config: Config) -> int:
    """How many connections to the database one worker may have."""
    return max(_FEWEST, CONNECTIONS // config.server.workers)


def processors(config: Config) -> int:
    """How many children may work at the same time for one worker."""
    return max(1, len(os.sched_getaffinity(0)) // config.server.workers)
