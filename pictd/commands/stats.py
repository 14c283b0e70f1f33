"""``stats``: how much there is."""

from __future__ import annotations

import sys
from typing import Any

from pictd.admin.progress import progress_on
from pictd.admin.stats import tell_stats
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load
from pictd.commands.opened import configured, opened
from pictd.config.keys import RUN


class Stats(Command):
    """``stats``."""

    longdesc = (
        "Counts what the database knows, sums up the sizes of originals, and tells what is "
        "queued. It reads the database alone, writes nothing, and may run beside a serving pictd. "
        "Of variants the sizes are not known: the store would have to be asked for each."
    )
    scope = RUN
    subCommands = STORES

    def __init__(self) -> None:
        self.as_json = False
        super().__init__()

    def opt_json(self) -> None:
        """Print one JSON object: sizes in bytes, moments as RFC 3339."""
        self.as_json = True

    async def act(self, load: Load, reactor: Any) -> int:
        """See ``tell_stats``."""
        config = configured(load)
        progress = progress_on(sys.stderr, reactor.seconds)
        async with opened(config, reactor) as repo:
            await tell_stats(repo, config, progress, self.as_json, print)
        return 0
