"""Where settings come from: each source as a flat mapping of keys to raw values.

Names are folded to lower case. What is set is kept with where it was set, so that an error can
say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from pictd.config.files import read_file
from pictd.config.findings import ConfigError
from pictd.config.keys import Entry, Section, Table, Variants, entries, parts
from pictd.config.legacy import SINGLE_UNDERSCORE
from pictd.config.schema import Config

PREFIXES = ("pictd__", "pictrs__")
_EARLY_PREFIX = "pictrs_"


@attrs.frozen
class Given:
    """:ivar source: as ``file x.toml``, ``environment X`` or ``flag --x``."""

    raw: object = attrs.field(repr=False)
    source: str


Layer = Mapping[str, Given]

ENTRIES: tuple[Entry, ...] = tuple(entries(Config))
KEYS: Mapping[str, Entry] = {entry.path: entry for entry in reversed(ENTRIES)}
"""One entry of each key."""


def entry_of(path: str) -> Entry | None:
    """The key of that name; for a name in a table, the table's."""
    table, _, name = path.rpartition(".")
    outer = KEYS.get(table)
    if outer is not None and outer.named and name:
        return outer
    found = KEYS.get(path)
    return None if found is not None and found.named else found


def file_layer(path: Path) -> Layer:
    """:raise ConfigError: the file can't be used."""
    wrong: list[str] = []
    source = f"file {path}"
    found = {name: Given(raw, source) for name, raw in _flat(read_file(path), "", wrong)}
    if wrong:
        raise ConfigError([f"{message} ({source})" for message in wrong])
    return found


def _flat(tree: Mapping[Any, Any], prefix: str, wrong: list[str]) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        path = prefix + str(name).lower()
        if isinstance(value, Mapping) and entry_of(path) is None:
            yield from _flat(value, f"{path}.", wrong)
        elif path in TABLES:
            wrong.append(f"{path}: it is a table of keys, not a value")
        else:
            yield path, value


def _tables(type: type, prefix: str = "") -> Iterator[str]:
    for name, part in parts(type):
        path = prefix + name
        if isinstance(part, Section | Table | Variants):
            yield path
        if isinstance(part, Section):
            yield from _tables(part.type, f"{path}.")


TABLES: tuple[str, ...] = tuple(_tables(Config))
"""What holds keys, and has no value itself; in the order of the schema."""


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """Variables of both prefixes (contract D1). An empty one counts as unset where the key may be
    unset, or is a list (contract D9).

    :raise ConfigError: two variables of one key disagree, or one is not UTF-8.
    """
    wrong: list[str] = []
    found: dict[str, tuple[str, str]] = {}
    for variable, value in sorted(environ.items()):
        path = _path_of(variable)
        if path is None or _is_unset(path, value):
            continue
        other, earlier = found.setdefault(path, (variable, value))
        if earlier != value:
            wrong.append(f"{path}: {other} and {variable} disagree; give one (environment)")
        if not _is_unicode(value):
            wrong.append(f"{path}: the value is not UTF-8 (environment {variable})")
    if wrong:
        raise ConfigError(wrong)
    return {path: Given(value, f"environment {name}") for path, (name, value) in found.items()}


def _path_of(variable: str) -> str | None:
    name = variable.lower()
    for prefix in PREFIXES:
        if name.startswith(prefix) and name != prefix:
            return name.removeprefix(prefix).replace("__", ".")
    early = name.removeprefix(_EARLY_PREFIX)
    return early if early != name and early in SINGLE_UNDERSCORE else None


def _is_unset(path: str, value: str) -> bool:
    entry = entry_of(path)
    return not value and (entry is None or entry.key.optional or entry.key.rule.many)


def _is_unicode(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)


def ambient_layer(environ: Mapping[str, str], variables: Iterable[tuple[str, str]]) -> Layer:
    """Variables that are not ours but count: (variable, key). Empty ones do not."""
    return {
        path: Given(environ[variable], f"environment {variable}")
        for variable, path in variables
        if environ.get(variable)
    }
