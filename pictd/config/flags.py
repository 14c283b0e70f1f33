"""The flags of the command line, as they follow from the schema (spec configuration 1)."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pictd.config.keys import RUN, Entry, entries
from pictd.config.schema import Config


@attrs.frozen
class Flag:
    """One flag.

    :ivar name: long, without dashes.
    :ivar short: one letter, or empty.
    :ivar entry: the key that it sets.
    :ivar value: what a switch sets; None where the flag takes a value.
    """

    name: str
    short: str
    entry: Entry
    value: bool | None = None

    @property
    def doc(self) -> str:
        """One line for ``--help``."""
        if self.value is not None and self.name == twin(_long(self.entry)):
            return f"The opposite of --{_long(self.entry)}."
        return self.entry.key.doc


def flags(scope: str) -> Iterator[Flag]:
    """The flags of one level, in the order of the schema."""
    for entry in entries(Config):
        if entry.scope == scope:
            yield from _of(entry)


def _of(entry: Entry) -> Iterator[Flag]:
    long = _long(entry)
    short = "" if entry.scope == RUN and entry.union else entry.key.short
    if not entry.key.rule.switch:
        yield Flag(long, short, entry)
        return
    on = not entry.key.inverted
    yield Flag(long, short, entry, on)
    yield Flag(twin(long), "", entry, not on)


def twin(name: str) -> str:
    """The name of a switch's opposite (contract D9)."""
    return name.removeprefix("no-") if name.startswith("no-") else f"no-{name}"


def _long(entry: Entry) -> str:
    if entry.key.flag:
        return entry.key.flag
    path = entry.path.removeprefix("server.")
    if entry.union and entry.scope != RUN:
        path = path.rsplit(".", 1)[1]
    return path.replace(".", "-").replace("_", "-")
