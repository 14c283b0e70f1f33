"""Scratch for tests of what works in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import attrs
from zope.interface import implementer

from pictd.interfaces.stores import IScratch


@implementer(IScratch)
@attrs.define
class SynchronousScratch:
    """Folders below ``root``, removed at once.

    :ivar live: folders that nobody discarded yet.
    """

    root: Path
    live: set[Path] = attrs.field(factory=set)

    def new(self) -> Path:
        """An empty folder."""
        folder = self.root / uuid4().hex
        folder.mkdir(parents=True)
        self.live.add(folder)
        return folder

    async def discard(self, folder: Path) -> None:
        """Remove it."""
        shutil.rmtree(folder, ignore_errors=True)
        self.live.discard(folder)
