"""Why the facts of pict-rs can't be taken over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pictd.errors import RepoUnusable
from pictd.migration.pict_rs_sled.damage import told
from pictd.sled.failures import DatabaseDamaged, SledFailure


class TakeoverImpossible(RepoUnusable):
    """Not as things are."""


class StoreMigrationInterrupted(TakeoverImpossible):
    """A part of the files lies in another store already."""

    text = (
        "A store migration of pict-rs was interrupted, and its files lie in two stores: finish it"
        " with pict-rs first"
    )


class Damaged(TakeoverImpossible):
    """Something can't be read, and nobody said to go on without it."""


class NoRoom(TakeoverImpossible):
    """The folder for temporary files is full, or fails."""


@contextmanager
def translated() -> Iterator[None]:
    """:raise TakeoverImpossible: for every failure to read pict-rs's database."""
    try:
        yield
    except DatabaseDamaged as error:
        lines = [f"pict-rs's database is damaged ({error.report.damaged} findings)"]
        raise Damaged("\n  ".join([*lines, *told(error.report)])) from error
    except SledFailure as error:
        raise TakeoverImpossible(str(error)) from error
