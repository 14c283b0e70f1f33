"""Settings that tests give, in each of the ways there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pictd.config.keys import Entry
from pictd.config.layers import ENTRIES
from pictd.config.load import Loaded, load
from pictd.config.toml import native


def variable(path: str, prefix: str = "PICTD") -> str:
    """The environment's name of a key."""
    return f"{prefix}__{path.upper().replace('.', '__')}"


def from_environment(settings: Mapping[str, str], **more: str) -> Loaded:
    """Load ``settings`` as variables, with others beside them."""
    return load(None, {variable(path): value for path, value in settings.items()} | more, {})


def tree(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings by path as nested tables."""
    root: dict[str, object] = {}
    for path, value in settings.items():
        *tables, name = path.split(".")
        at: dict[str, object] = root
        for table in tables:
            inner = at.setdefault(table, {})
            assert isinstance(inner, dict)
            at = inner
        at[name] = value
    return root


def write_json(path: Path, settings: Mapping[str, object]) -> Path:
    """A configuration file with these settings."""
    path.write_text(json.dumps(tree(settings)))
    return path


def place(entry: Entry) -> str:
    """The path under which a key can be set."""
    return f"{entry.path}.small" if entry.named else entry.path


_COMPANIONS: Mapping[str, dict[str, object]] = {
    "server.certificate": {"server.private_key": "/k"},
    "server.private_key": {"server.certificate": "/c"},
    "media.presets_only": {"media.presets.small": "resize=1"},
    "old_store.type": {"old_store.path": "/o"},
}


def needed(entry: Entry) -> dict[str, object]:
    """What else must be set for the key to be in force."""
    if not entry.union:
        return _COMPANIONS.get(entry.path, {})
    others = [e for e in ENTRIES if (e.union, e.variant) == (entry.union, entry.variant)]
    settings = {e.path: native(e.key.rule.example) for e in others if e.key.required}
    return {f"{entry.union}.type": entry.variant} | settings
