"""From files, environment and flags to one typed configuration (spec configuration 2).

Layers, later ones winning key by key: defaults, ``TMPDIR``, the file, ``RUST_LOG``, the
environment, flags. Old names are translated within their layer; then the kinds of database and
store are settled, so that keys of the other kinds are left aside; then every value is typed. All
errors are collected, and told together.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from pictd.config.findings import ConfigError
from pictd.config.keys import Entry, Key, Section, Table, Variants, parts, type_key, unions
from pictd.config.layers import (
    ENTRIES,
    KEYS,
    Given,
    Layer,
    ambient_layer,
    entry_of,
    environment_layer,
    file_layer,
)
from pictd.config.legacy import OLD_KEYS
from pictd.config.relations import conflicts, doubts
from pictd.config.schema import Config
from pictd.config.takeover import implied_repo

Values = dict[str, object]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
"""What the operator may call things."""


@attrs.frozen
class Loaded:
    """:ivar values: the typed value of every key in force, by its name.
    :ivar warnings: one line each.
    """

    config: Config
    values: Mapping[str, object] = attrs.field(repr=False)
    warnings: tuple[str, ...]


def load(file: Path | None, environ: Mapping[str, str], flags: Layer) -> Loaded:
    """Merge and type everything.

    :raise ConfigError: of what is wrong.
    """
    warnings: list[str] = []
    merged: dict[str, Given] = {}
    for layer in _layers(file, environ, flags):
        merged |= _translated(layer, warnings)
    implied = implied_repo(merged)
    if implied is not None:
        merged["repo.type"] = implied
        warnings.append(f"repo.type: it is not set; taken as sled, {implied.source}")
    values = typed(merged)
    config = built(values)
    wrong = conflicts(config)
    if wrong:
        raise ConfigError(wrong)
    return Loaded(config, values, (*warnings, *doubts(config)))


def load_named(flags: Layer) -> Config:
    """What the command line alone says: neither file nor environment counts.

    :raise ConfigError: it can't be used.
    """
    config: Config = _built(Config, "", typed(flags))
    wrong = conflicts(config)
    if wrong:
        raise ConfigError(wrong)
    return config


def _layers(file: Path | None, environ: Mapping[str, str], flags: Layer) -> list[Layer]:
    return [
        ambient_layer(environ, [("TMPDIR", "server.temporary_directory")]),
        file_layer(file) if file else {},
        ambient_layer(environ, [("RUST_LOG", "tracing.logging.targets")]),
        environment_layer(environ),
        flags,
    ]


def _translated(layer: Layer, warnings: list[str]) -> Layer:
    """The layer in keys that are known; a key's own name wins over its old ones."""
    known = {path: given for path, given in layer.items() if entry_of(path)}
    for path, given in layer.items():
        if path in known:
            continue
        old = OLD_KEYS.get(path)
        warnings.append(_warning(path, given))
        if old is not None and old.new:
            known.setdefault(old.new, given)
    return known


def _warning(path: str, given: Given) -> str:
    old = OLD_KEYS.get(path)
    if old is not None:
        advice = f"it is now {old.new}" if old.new else old.advice
        return f"{path}: an old key; {advice} ({given.source})"
    near = difflib.get_close_matches(path, KEYS, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{path}: there is no such key{meant} ({given.source})"


def typed(merged: Layer) -> Values:
    """The typed value of each key of the chosen kinds.

    :raise ConfigError: of every key whose value is wrong or missing.
    """
    wrong: list[str] = []
    values: Values = {}
    for path, part in unions(Config).items():
        _settle(values, f"{path}.type", type_key(part), merged, wrong)
        _check_unchosen(path, values, merged, wrong)
    for entry in ENTRIES:
        if entry.union and values.get(f"{entry.union}.type") != entry.variant:
            continue
        if entry.path in values:
            continue
        for path in _names(entry, merged, wrong):
            _settle(values, path, entry.key, merged, wrong)
    if wrong:
        raise ConfigError(wrong)
    return values


def _check_unchosen(path: str, values: Values, merged: Layer, wrong: list[str]) -> None:
    """Keys of a union that is unset have nothing to act on."""
    kind = f"{path}.type"
    stray = [name for name in merged if name.startswith(f"{path}.") and name != kind]
    if kind in values and values[kind] is None and stray:
        wrong.append(f"{kind}: it is missing, though {stray[0]} is set ({merged[stray[0]].source})")


def _names(entry: Entry, merged: Layer, wrong: list[str]) -> list[str]:
    if not entry.named:
        return [entry.path]
    start = f"{entry.path}."
    paths = [path for path in merged if path.startswith(start)]
    for path in paths:
        if not NAME.fullmatch(path.removeprefix(start)):
            wrong.append(f"{path}: a name is of a-z, 0-9, _ and - ({merged[path].source})")
    return paths


def _settle(values: Values, path: str, key: Key, merged: Layer, wrong: list[str]) -> None:
    given = merged.get(path)
    if given is None:
        values[path] = key.default
        if key.required:
            wrong.append(f"{path}: it is missing, and the kind that was chosen needs it")
        return
    try:
        values[path] = parse(key, given.raw)
    except ValueError as error:
        wrong.append(f"{path}: {error} ({given.source})")


def parse(key: Key, raw: object) -> object:
    """The typed value. Empty or null unsets an optional key.

    :raise ValueError: it breaks the key's rule.
    """
    if key.optional and raw in ("", None):
        return None
    return key.rule.parse(raw)


def built(values: Mapping[str, object]) -> Config:
    """The configuration that typed values make."""
    config: Config = _built(Config, "", values)
    return config


def _built(type: type, prefix: str, values: Mapping[str, object]) -> Any:
    made = {name: _part(part, prefix + name, values) for name, part in parts(type)}
    return type(**made)


def _part(part: Key | Table | Section | Variants, path: str, values: Mapping[str, object]) -> Any:
    if isinstance(part, Key):
        return values[path]
    if isinstance(part, Table):
        start = f"{path}."
        return {k.removeprefix(start): v for k, v in values.items() if k.startswith(start)}
    if isinstance(part, Section):
        return _built(part.type, f"{path}.", values)
    kind = values[f"{path}.type"]
    if kind is None:
        return None
    choice = part.choices[str(kind)]
    return choice.settle(_built(choice.type, f"{path}.", values))
