"""How a repo is opened."""

from __future__ import annotations

from enum import Enum, auto


class Opening(Enum):
    """What opening may do.

    :cvar MAKE: make what is missing, and bring an older schema up to date.
    :cvar SPARE: the same, but where nothing is missing, write nothing.
    :cvar UPGRADE: bring an older schema up to date; where there is nothing, nothing is made.
    :cvar LOOK: nothing; the schema has to be up to date already.
    :cvar FILL: as ``MAKE``, for a database that nobody relies on before it is filled, closed and
        synced: a crash may leave anything.
    """

    MAKE = auto()
    SPARE = auto()
    UPGRADE = auto()
    LOOK = auto()
    FILL = auto()
