"""Typed values as TOML writes them."""

from __future__ import annotations

import json
from enum import Enum
from urllib.parse import urlencode

from pictd.model.formats import Format
from pictd.model.operations import Chain


def native(value: object) -> object:
    """A typed value as a file holds it; every rule reads it back."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Format):
        return value.label
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Chain):
        return urlencode(value.pairs())
    if isinstance(value, tuple | list):
        return [native(each) for each in value]
    return str(value)


def literal(value: object) -> str:
    """A typed value in TOML."""
    plain = native(value)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, list):
        return f"[{', '.join(literal(each) for each in plain)}]"
    if isinstance(plain, int | float):
        return repr(plain)
    return json.dumps(str(plain), ensure_ascii=False).replace("\x7f", "\\u007f")
