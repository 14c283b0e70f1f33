"""Why the facts of pict-rs can't be taken over."""

from __future__ import annotations

from pictd.errors import PictdError


class TakeoverImpossible(PictdError):
    """Not as things are."""


class StoreMigrationInterrupted(TakeoverImpossible):
    """A part of the files lies in another store already."""

    text = (
        "A store migration of pict-rs was interrupted, and its files lie in two stores: finish it"
        " with pict-rs first"
    )


class NoRoom(TakeoverImpossible):
    """The folder for temporary files is full, or fails."""
