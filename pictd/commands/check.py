"""``check``: takes what ``run`` takes."""

from __future__ import annotations

from functools import partial
from typing import Any

from pictd.admin.check import check
from pictd.assembly.media import make_media
from pictd.assembly.refusals import refusals
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load
from pictd.config.keys import RUN


class Check(Command):
    """``check``."""

    scope = RUN
    subCommands = STORES
    heeded = "pictd.tools.process"

    async def act(self, load: Load, reactor: Any) -> int:
        """Status 1 where anything was found."""
        look = partial(refusals, reactor=reactor)
        return await check(load, partial(make_media, reactor=reactor), look)
