"""What each of several workers takes of the machine."""

from __future__ import annotations

import os

from pictd.config.schema import Config


def processors(config: Config) -> int:
    """How many children may work at the same time for one worker."""
    return max(1, len(os.sched_getaffinity(0)) // config.server.workers)
