"""``run``: what follows is the server's own configuration."""

from __future__ import annotations

from pictd.commands.backends import STORES
from pictd.config.keys import RUN
from pictd.config.levels import Level


class Run(Level):
    """``run``."""

    scope = RUN
    subCommands = STORES
