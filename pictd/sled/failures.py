"""Why a database can't be read; the texts are for operators."""

from __future__ import annotations

from pathlib import Path

from pictd.sled.damage import Report


class SledFailure(Exception):
    """The text says to operators what was wrong, and what to do."""


class NotADatabase(SledFailure):
    """The folder is missing, or is not one that sled has made."""


class OldDatabase(SledFailure):
    """The folder holds nothing newer than a database of pict-rs 0.4."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is a database of pict-rs 0.4: start pict-rs 0.5 on it once, which brings it up"
            " to date, and stop it again"
        )


class DatabaseInUse(SledFailure):
    """Somebody holds the lock: pict-rs is still running."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is in use: stop pict-rs first")


class UnsupportedDatabase(SledFailure):
    """Made by another version of sled, or with compression."""


class NotPermitted(SledFailure):
    """The files may not be read by this user."""


class DatabaseUnreadable(SledFailure):
    """The operating system fails to read the files."""


class DatabaseDamaged(SledFailure):
    """Not all of the database can be read, and nothing was forced.

    :ivar report: what is damaged, as far as was read.
    """

    def __init__(self, report: Report) -> None:
        first = next(iter(report.damages), None)
        super().__init__(
            f"The database is damaged ({report.damaged} findings), first of all: {first}"
        )
        self.report = report


class Malformed(Exception):
    """Bytes are not what they have to be. Never leaves this package."""
