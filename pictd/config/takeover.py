"""What a configuration of pict-rs left unsaid.

Its database was sled where no type was set. An installation that relied on that must not wake up
with an empty database: a directory where the database is expected means ``sled`` (contract D4).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from pictd.config.backends import SledRepo, SqliteRepo
from pictd.config.layers import Given


def implied_repo(merged: Mapping[str, Given]) -> Given | None:
    """The type of the repo, where it is not set and a directory of pict-rs's is found."""
    if "repo.type" in merged:
        return None
    path = merged.get("repo.path")
    if path is not None:
        found = isinstance(path.raw, str) and Path(path.raw).is_dir()
        return Given("sled", "because repo.path is a directory") if found else None
    return unset_repo(_default(SledRepo), _default(SqliteRepo))


def unset_repo(sled: Path, sqlite: Path) -> Given | None:
    """The type where neither type nor path is set, given the default paths of both kinds."""
    if sled.is_dir() and not sqlite.exists():
        return Given("sled", f"because there is {sled} and no {sqlite}")
    return None


def _default(repo: type[SledRepo] | type[SqliteRepo]) -> Path:
    default: Path = attrs.fields(repo).path.default
    return default
