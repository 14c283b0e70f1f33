"""Databases that a real pict-rs has made, and what it had in them."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_FIXTURES = Path(__file__).parent.parent / "sled" / "fixtures"
NAMES = ("clean", "killed", "splits")
"""Stopped in peace; killed while at work; of several segments."""


def unpacked(name: str, folder: Path) -> Path:
    """The folder that pict-rs calls ``repo.path``."""
    with tarfile.open(_FIXTURES / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "sled"


def expected(name: str) -> dict[str, Any]:
    """What sled itself, and pict-rs's answers, said of it."""
    found: dict[str, Any] = json.loads((_FIXTURES / f"{name}.expected.json").read_text())
    return found


def digest(records: Iterable[tuple[bytes, bytes]]) -> dict[str, Any]:
    """Of a tree, as ``expected`` has it."""
    found, count = hashlib.sha256(), 0
    for record in records:
        count += 1
        for part in record:
            found.update(len(part).to_bytes(4, "big") + part)
    return {"records": count, "sha256": found.hexdigest()}
