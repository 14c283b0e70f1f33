"""Markers: empty files in the store's own folder, one for each identifier that is still stray.

Beside them lie copies that are being made. What is neither kept nor finished is found by its age.
Everything here blocks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from pictd.store.paths import PRIVATE
from pictd.store.syncing import FILE_MODE, sync_folder

_UNFINISHED = "unfinished-"


def make_marker(root: Path, identifier: str) -> None:
    """Durably, so that no crash leaves a file without it."""
    marker = _marker(root, identifier)
    os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
    try:
        sync_folder(marker.parent)
    except OSError:
        marker.unlink(missing_ok=True)
        raise


def remove_marker(root: Path, identifier: str) -> None:
    """Idempotent."""
    _marker(root, identifier).unlink(missing_ok=True)


def unfinished(root: Path) -> Path:
    """A path of one's own for a file that is being made."""
    return root / PRIVATE / f"{_UNFINISHED}{uuid4().hex}"


def stray_identifiers(root: Path, marked_before: int) -> list[str]:
    """Those whose markers are older than a moment; unfinished files older than that go away."""
    strays = []
    for entry in _older(root, marked_before):
        if entry.name.startswith(_UNFINISHED):
            Path(entry).unlink(missing_ok=True)
        else:
            strays.append(entry.name.replace("_", "/"))
    return strays


def _older(root: Path, moment: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(root / PRIVATE) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime_ns < moment:
                    yield entry


def _marker(root: Path, identifier: str) -> Path:
    """New identifiers hold no underscore: hexadecimal digits, and a checked extension."""
    return root / PRIVATE / identifier.replace("/", "_")
