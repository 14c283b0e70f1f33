"""``etc/pictd.toml``: every key with its meaning, rule and default, as the schema tells them.

``python -m pictd.config.sample > etc/pictd.toml`` writes it anew.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from pictd.config.keys import Key, Section, Table, Variants, parts, type_key
from pictd.config.schema import Config
from pictd.config.toml import literal

_HEAD = """\
# The configuration of pictd.
#
# Every key is shown with its default, or with an example where it is unset by default. What is
# set by the environment wins over this file: server.api_key is PICTD__SERVER__API_KEY, a list is
# separated by commas. Flags win over both: see `pictd run --help`.
# `pictd -c FILE check` tells what is wrong with a file.
"""


def sample() -> str:
    """The whole text."""
    return "\n".join([_HEAD, *_section(Config, "")])


def _section(type: type, path: str) -> Iterator[str]:
    """Keys before tables: what follows a table's head belongs to it."""
    declared = list(parts(type))
    for name, part in declared:
        if isinstance(part, Key):
            yield from _key(name, part)
    for name, part in declared:
        inner = f"{path}.{name}" if path else name
        if isinstance(part, Section):
            yield from _head(inner, part.doc)
            yield from _section(part.type, inner)
        elif isinstance(part, Variants):
            yield from _variants(inner, part)
        elif isinstance(part, Table):
            yield from _head(inner, part.key.doc)
            yield f"#name = {literal(part.key.rule.example)}\n"


def _head(path: str, doc: str) -> Iterator[str]:
    yield f"\n# {doc}\n[{path}]\n"


def _variants(path: str, part: Variants) -> Iterator[str]:
    yield from _head(path, part.doc)
    yield from _key("type", type_key(part))
    for name, choice in part.choices.items():
        yield f"# Where type is {name}:\n"
        yield from _section(choice.type, path)


def _key(name: str, key: Key) -> Iterator[str]:
    note = " Required." if key.required else " Unset by default." if key.optional else ""
    rule = "" if key.rule.obvious else f" ({key.rule.words[0].upper()}{key.rule.words[1:]}.)"
    text = f"{key.doc}{rule}{note}"
    yield "\n".join(textwrap.wrap(text, 96, initial_indent="# ", subsequent_indent="# "))
    value = key.rule.example if key.default is None else key.default
    yield f"#{name} = {literal(value)}\n"


if __name__ == "__main__":
    sys.stdout.write(sample())
