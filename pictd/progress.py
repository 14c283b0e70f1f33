"""Whom long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Several parts, one after the other."""

    def begin(self, what: str, total: int | None) -> None:
        """A part begins.

        :param what: in the plural, as ``files``.
        :param total: how many there are, as far as that is known.
        """

    def advance(self, count: int = 1) -> None:
        """So many more are done."""

    def say(self, line: str) -> None:
        """Something that people should know at once."""

    def end(self) -> None:
        """The part is over, well or not. Does nothing where none was begun."""
