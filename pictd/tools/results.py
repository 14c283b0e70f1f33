"""What a child says it made, held against the file itself. A child may have been taken over."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs

from pictd.errors import MediaFailed
from pictd.model.formats import Format
from pictd.model.hashes import Hash

_MOST_SIDE = 65535
_MOST_FRAMES = 2**32 - 1
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,180}", re.ASCII)


@attrs.frozen
class Result:
    """A file that a child made.

    :ivar path: directly inside the job's folder.
    """

    path: Path
    format: Format
    width: int
    height: int
    frames: int | None

    @classmethod
    def from_json(cls, told: object, folder: Path) -> Self:
        """:raise MediaFailed: not a result, or not in the folder."""
        if not isinstance(told, Mapping):
            raise MediaFailed()
        path = Path(str(told.get("path")))
        if path.parent != folder or path.name in ("", ".."):
            raise MediaFailed()
        try:
            format = Format.from_json(told.get("format"))
        except ValueError:
            raise MediaFailed() from None
        frames = told.get("frames")
        return cls(
            path,
            format,
            _number(told.get("width"), _MOST_SIDE),
            _number(told.get("height"), _MOST_SIDE),
            None if frames is None else _number(frames, _MOST_FRAMES),
        )

    def hash(self) -> Hash:
        """The identity of the bytes as they are. Reads the whole file.

        :raise MediaFailed: there is no such regular file, or it is empty.
        """
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise MediaFailed() from error
        with os.fdopen(file, "rb") as opened:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or not found.st_size:
                raise MediaFailed()
            digest = hashlib.file_digest(opened, "sha256").digest()
        return Hash(digest, found.st_size, self.format)

    def check(self) -> None:
        """Look at the file without reading it.

        :raise MediaFailed: there is no such regular file, or it is empty.
        """
        try:
            found = self.path.lstat()
        except OSError as error:
            raise MediaFailed() from error
        if not stat.S_ISREG(found.st_mode) or not found.st_size:
            raise MediaFailed()


def blurhash(told: object) -> str:
    """:raise MediaFailed: not a blurhash."""
    if isinstance(told, str) and _BLURHASH.fullmatch(told):
        return told
    raise MediaFailed()


def _number(told: object, most: int) -> int:
    if type(told) is int and 1 <= told <= most:
        return told
    raise MediaFailed()
