"""Rules for single values: what a key accepts, as text or as a file's own type (contract D3).

The key decides the type; the look of a value never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}
_LONGEST_SHOWN = 100

U8, U16, U32, U64 = 2**8 - 1, 2**16 - 1, 2**32 - 1, 2**64 - 1


@attrs.frozen
class Rule(Generic[T]):
    """What a value must be.

    :ivar words: the rule for people; it completes "x is not ...".
    :ivar read: makes the typed value; raises ValueError or TypeError, whose text is not used.
    :ivar example: a value, as a TOML file holds it.
    :ivar secret: values are never shown.
    :ivar many: the value is a list.
    :ivar obvious: the words add nothing to what the key is for.
    :ivar switch: the value is a boolean, and its flag takes none.
    """

    words: str
    read: Callable[[Any], T]
    example: object
    secret: bool = False
    many: bool = False
    switch: bool = False
    obvious: bool = False

    def parse(self, raw: object) -> T:
        """The typed value of text, or of what TOML, JSON or YAML made of it.

        :raise ValueError: it breaks the rule; the message says so in words.
        """
        try:
            return self.read(raw)
        except (ValueError, TypeError):
            shown = "the given value" if self.secret else _shown(raw)
            raise ValueError(f"{shown} is not {self.words}") from None


def _shown(raw: object) -> str:
    text = raw if isinstance(raw, str) else str(raw).lower() if isinstance(raw, bool) else str(raw)
    if len(text) > _LONGEST_SHOWN:
        text = text[:_LONGEST_SHOWN] + "..."
    plain = text.isprintable() and " " not in text and text != ""
    return text if plain or not isinstance(raw, str) else repr(text)


def text_of(raw: object) -> str:
    """The text itself; a whole number or boolean of a file as it is written there.

    :raise ValueError: it is something else, or can't be written in UTF-8.
    """
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if not isinstance(raw, str | int):
        raise ValueError
    text = str(raw)
    text.encode()
    return text


def _text(raw: object) -> str:
    text = text_of(raw)
    if not text or "\0" in text:
        raise ValueError
    return text


def _boolean(raw: object) -> bool:
    try:
        return _WORDS[text_of(raw).lower()]
    except KeyError:
        raise ValueError from None


def _path(raw: object) -> Path:
    if isinstance(raw, bool):
        raise ValueError
    return Path(_text(raw))


_SOME = "text of at least one character"
TEXT: Rule[str] = Rule(_SOME, _text, "text", obvious=True)
SECRET: Rule[str] = Rule(_SOME, _text, "secret", secret=True, obvious=True)
PATH: Rule[Path] = Rule("a path", _path, "/path/to/file", obvious=True)
BOOLEAN: Rule[bool] = Rule(
    "true or false (or yes, no, on, off, 1, 0)", _boolean, True, switch=True, obvious=True
)


def whole(most: int, least: int = 0, example: int = 1) -> Rule[int]:
    """A whole number from ``least`` to ``most``, in decimal digits alone."""

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise ValueError
        if isinstance(raw, str) and not _DIGITS.fullmatch(raw):
            raise ValueError
        if not least <= int(raw) <= most:
            raise ValueError
        return int(raw)

    return Rule(f"a whole number from {least} to {most}", read, example)


def _share(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError
    if isinstance(raw, str) and not _DECIMAL.fullmatch(raw):
        raise ValueError
    share = float(raw) if isinstance(raw, str) else raw
    if not 0 <= share <= 1:
        raise ValueError
    return float(share)


SHARE: Rule[float] = Rule("a share from 0 to 1", _share, 0.5)


def one_of(choices: type[E], any_case: bool = True) -> Rule[E]:
    """A member of an enum, by its value."""

    def read(raw: object) -> E:
        text = text_of(raw)
        return choices(text.lower() if any_case else text)

    names = [str(each.value) for each in choices]
    return Rule(alternatives(names), read, names[0])


def alternatives(names: list[str]) -> str:
    """``one of a, b, c``; a single one is just named."""
    return names[0] if len(names) == 1 else "one of " + ", ".join(names)


def listed(rule: Rule[T], words: str) -> Rule[tuple[T, ...]]:
    """A list: of a file, or separated by commas. Spaces around items and empty items vanish."""

    def read(raw: object) -> tuple[T, ...]:
        if isinstance(raw, str):
            parts: list[object] = [part.strip() for part in raw.split(",") if part.strip()]
        elif isinstance(raw, list | tuple):
            parts = list(raw)
        else:
            raise ValueError
        return tuple(rule.read(part) for part in parts)

    return Rule(words, read, [rule.example], many=True)
