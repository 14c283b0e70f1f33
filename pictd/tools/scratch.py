"""Short-lived folders under ``server.temporary_directory``."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import attrs
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from pictd.errors import StoreUnavailable
from pictd.interfaces.stores import IScratch

NAME = "pictd"
"""Of the folder inside the temporary directory; everything below it is ours."""


@implementer(IScratch)
@attrs.define
class Scratch:
    """The folders of this process, inside one of its own.

    :ivar base: shared by the processes of a machine.
    """

    base: Path
    _own: Path

    @classmethod
    def prepared(cls, temporary_directory: Path, clean: bool, name: str = "") -> Scratch:
        """Make the folder of this process.

        :param clean: first remove what earlier processes left, which is right only where no other
            process shares the directory.
        :param name: of the folder of this process; empty: any.
        :raise StoreUnavailable: the temporary directory can't be used.
        """
        base = temporary_directory / NAME
        own = base / (name or str(uuid4()))
        try:
            if clean and base.exists():
                shutil.rmtree(base)
            own.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise StoreUnavailable(f"server.temporary_directory can't be used: {error}") from error
        return cls(base, own)

    def new(self) -> Path:
        """An empty folder."""
        folder = self._own / uuid4().hex
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise StoreUnavailable(f"no temporary folder: {error}") from error
        return folder

    async def discard(self, folder: Path) -> None:
        """Remove the folder and all that is in it."""
        await deferToThread(shutil.rmtree, folder, True)

    async def discard_of(self, name: str) -> None:
        """Remove the folder of another process, which has ended."""
        await self.discard(self.base / name)

    async def close(self) -> None:
        """Remove the folder of this process, and the shared one if it is empty then."""
        await self.discard(self._own)
        with suppress(OSError):
            self.base.rmdir()
