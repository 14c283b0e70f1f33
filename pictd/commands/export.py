"""``export``: a copy of the embedded database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pictd.admin.copies import export_database
from pictd.commands.backends import STORES
from pictd.commands.foreground import Command, Load
from pictd.commands.opened import configured
from pictd.config.keys import RUN


class Export(Command):
    """``export``."""

    longdesc = (
        "Copies the embedded database, as it is at one moment, whether or not pictd is serving. "
        "The copy goes into a new folder that is named by the moment; its path is printed. Bytes "
        "of files are not copied. `pictd import` puts a copy back."
    )
    scope = RUN
    subCommands = STORES

    def __init__(self) -> None:
        self.to: Path | None = None
        super().__init__()

    def opt_to(self, folder: str) -> None:
        """Make the new folder in this one, instead of in repo.export_path."""
        self.to = Path(folder)

    async def act(self, load: Load, reactor: Any) -> int:
        """The path is all that standard output gets."""
        copy = await export_database(configured(load), self.to, reactor)
        sys.stdout.write(f"{copy}\n")
        return 0
