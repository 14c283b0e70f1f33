"""Writing the configuration in force as a file (``--save-to``; spec configuration 2.8)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pictd.config.findings import ConfigError
from pictd.config.layers import TABLES
from pictd.config.toml import literal


def save(values: Mapping[str, object], path: Path) -> None:
    """Replace ``path`` as one step, by a file that only its owner reads (contract D6): secrets
    are in it. It is TOML, whatever its name, and may be loaded again.

    :raise ConfigError: it can't be written; what was there is untouched.
    """
    try:
        _replace(path, "\n".join(_lines(values)) + "\n")
    except OSError as error:
        raise ConfigError([f"--save-to {path}: {error.strerror}"]) from error


def _lines(values: Mapping[str, object]) -> Iterator[str]:
    """Unset keys are left out; tables without keys are not, but for those that are unset."""
    for table in TABLES:
        if values.get(f"{table}.type", "") is None:
            continue
        yield f"[{table}]"
        for path, value in values.items():
            if path.rpartition(".")[0] == table and value is not None:
                yield f"{path.rpartition('.')[2]} = {literal(value)}"
        yield ""


def _replace(path: Path, text: str) -> None:
    # mkstemp makes the file with mode 0600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError:
        made.unlink(missing_ok=True)
        raise
