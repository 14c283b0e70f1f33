"""Which log events are let through: ``RUST_LOG`` target lists (spec configuration 3.5)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Self

import attrs

from pictd.config.values import Rule, text_of

_TARGET = re.compile(r"[A-Za-z0-9_.:\-]+", re.ASCII)


class Level(Enum):
    """How much is let through; each includes those before it."""

    OFF = "off"
    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"
    TRACE = "trace"

    @classmethod
    def named(cls, text: str) -> Self | None:
        """By name in any letter case, or by digit 0 to 5."""
        names = {each.value: each for each in cls} | {str(n): each for n, each in enumerate(cls)}
        return names.get(text.lower())


@attrs.frozen
class Targets:
    """:ivar text: the filter as it was given.
    :ivar levels: (target, level) in the order given; an empty target stands for everything.
    """

    text: str
    levels: tuple[tuple[str, Level], ...]

    def __str__(self) -> str:
        return self.text

    @property
    def default(self) -> Level:
        """For events whose target is named by no item."""
        bare = [level for target, level in self.levels if not target]
        return bare[-1] if bare else Level.OFF


def parse_targets(raw: object) -> Targets:
    """:raise ValueError: an item is not ``level``, ``target`` or ``target=level``."""
    text = text_of(raw)
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items:
        raise ValueError
    return Targets(text, tuple(_item(item) for item in items))


def _item(item: str) -> tuple[str, Level]:
    target, equals, name = item.partition("=")
    level = Level.named(name if equals else item)
    if not equals and level is not None:
        return "", level
    if not _TARGET.fullmatch(target) or (equals and level is None):
        raise ValueError
    return target, level or Level.TRACE


TARGETS: Rule[Targets] = Rule(
    "a list such as info or warn,pictd=debug (levels: off, error, warn, info, debug, trace)",
    parse_targets,
    "info",
)
