"""Media that nobody looks at: ``server.danger_dummy_mode``, for tests of other programs.

Everything is kept as it came and called a PNG of no size (spec http-api §2.14; contract A19).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from pictd.interfaces.media import IMedia
from pictd.model.formats import Format, Output
from pictd.model.hashes import Hash
from pictd.model.limits import Measured
from pictd.model.operations import Chain
from pictd.model.records import Normalised, Rendered
from pictd.model.uploads import UploadQuery

GREY = "00TSUA"
"""The blurhash of a picture that is grey all over."""


@implementer(IMedia)
@attrs.frozen
class DummyMedia:
    """Runs no tool and decodes nothing."""

    async def start(self) -> None:
        """Nothing to wait for."""

    async def look(self) -> None:
        """Nothing to look for."""

    async def stop(self) -> None:
        """Nothing to end."""

    def missing(self) -> Sequence[str]:
        """Nothing."""
        return ()

    async def normalise(self, source: Path, folder: Path, query: UploadQuery) -> Normalised:
        """See ``IMedia``; neither limits nor operations apply, and empty files are taken."""
        result = folder / "result"
        hash = await deferToThread(_copied, source, result)
        return Normalised(result, hash, 0, 0, None, None)

    async def render(
        self, source: Path, format: Format, folder: Path, chain: Chain, output: Output
    ) -> Rendered:
        """See ``IMedia``; the file as it is."""
        return await self.motion(source, format, folder)

    async def motion(self, source: Path, format: Format, folder: Path) -> Rendered:
        """See ``IMedia``; the file as it is."""
        result = folder / "result"
        await deferToThread(_copied, source, result)
        return Rendered(result, Format.IMAGE_PNG, 0, 0, None)

    async def rendition(self, source: Path, format: Format, folder: Path) -> Path:
        """See ``IMedia``; the file as it is."""
        return source

    async def describe(self, source: Path, format: Format) -> Measured:
        """See ``IMedia``; nothing is known but the length."""
        size = await deferToThread(source.stat)
        return Measured(Format.IMAGE_PNG, 0, 0, None, size.st_size)

    async def blurhash(self, source: Path, format: Format, folder: Path) -> str:
        """See ``IMedia``."""
        return GREY


def _copied(source: Path, result: Path) -> Hash:
    shutil.copyfile(source, result)
    with result.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return Hash(digest, result.stat().st_size, Format.IMAGE_PNG)
