"""Configuration files: TOML, JSON and YAML, by extension (spec configuration 2.2)."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from pictd.config.findings import ConfigError

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


class _Untyped(yaml.SafeLoader):
    """Leaves scalars as they are written, nulls aside: the schema types them, so that a key of
    ``00123`` stays that (contract D3)."""


_Untyped.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in (_NULL, _MERGE)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml(text: str) -> Any:
    return yaml.load(text, _Untyped)


_READERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
}


def read_file(path: Path) -> Mapping[Any, Any]:
    """The file's tree. Where ``path`` does not exist, it is looked for with each extension.

    :raise ConfigError: it is not there, has another extension, or does not parse; the message
        names the file.
    """
    found = _locate(path)
    reader = _READERS.get(found.suffix.lower())
    if reader is None:
        read = "RON files are not read" if found.suffix.lower() == ".ron" else "unknown extension"
        raise ConfigError([f"{found}: {read}; write TOML, JSON or YAML (.toml, .json, .yaml)"])
    tree = _parsed(found, reader)
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError([f"{found}: it is not a table of keys"])
    return tree


def _locate(path: Path) -> Path:
    if path.is_file():
        return path
    for extension in (*_READERS, ".ron"):
        candidate = path.with_name(path.name + extension)
        if candidate.is_file():
            return candidate
    raise ConfigError([f"{path}: there is no such configuration file"])


def _parsed(path: Path, reader: Callable[[str], Any]) -> Any:
    try:
        return reader(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise ConfigError([f"{path}: {' '.join(str(error).split())}"]) from error
