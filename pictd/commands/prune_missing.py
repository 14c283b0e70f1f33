"""``prune-missing``: removing records whose bytes are gone."""

from __future__ import annotations

import sys
from typing import Any

from pictd.admin.progress import progress_on
from pictd.admin.prune import prune_missing
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load
from pictd.commands.opened import configured, opened, reached, refuse_if_read_only
from pictd.config.keys import RUN
from pictd.jobs.prune import Prune


class PruneMissing(Command):
    """``prune-missing``."""

    longdesc = (
        "Removes what the database knows of originals whose bytes are gone from the store: their "
        "names stop resolving. Begin with --dry-run. Nothing is removed where the store does not "
        "work, or where more than prune.max_missing_share of what was looked for is missing: then "
        "it is the store that is wrong, and the exit status is 1. May run beside a serving pictd; "
        "what was interrupted may be begun again."
    )
    scope = RUN
    subCommands = STORES

    def __init__(self) -> None:
        self.dry_run = False
        super().__init__()

    def opt_dry_run(self) -> None:
        """Only tell how many would be removed."""
        self.dry_run = True

    async def act(self, load: Load, reactor: Any) -> int:
        """See ``admin.prune``."""
        config, progress = configured(load), progress_on(sys.stderr, reactor.seconds)
        if not self.dry_run:
            refuse_if_read_only(config)
        async with (
            opened(config, reactor, writes=not self.dry_run) as repo,
            reached(config, reactor) as store,
        ):
            prune = Prune(repo, store, reactor, config.prune.max_missing_share, pause=0)
            return await prune_missing(prune, self.dry_run, progress, print)
