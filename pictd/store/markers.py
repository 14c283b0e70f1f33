"""Markers: empty files in the store's own folder, one for each identifier that is still stray.

Beside them lie copies that are being made. What is neither kept nor finished is found by its age.
The folder is there only while something is, or was a moment ago: deleting a file removes it if it
is empty. Everything here blocks.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from pictd.store.paths import PRIVATE
from pictd.store.syncing import FILE_MODE, sync_folder

_UNFINISHED = "unfinished-"
_ATTEMPTS = 10
"""Tries to make a file in a folder that others may be removing."""


def make_marker(root: Path, identifier: str) -> None:
    """Durably, so that no crash leaves a file without it."""
    marker = _marker(root, identifier)
    _make_empty(root, marker)
    try:
        sync_folder(marker.parent)
    except OSError:
        marker.unlink(missing_ok=True)
        raise


def renew_marker(root: Path, identifier: str) -> None:
    """Durably, as if it were made now; there may be one already, and the file may be missing."""
    remove_marker(root, identifier)
    with suppress(FileExistsError):  # somebody else made it a moment ago
        make_marker(root, identifier)


def remove_marker(root: Path, identifier: str) -> None:
    """Idempotent."""
    _marker(root, identifier).unlink(missing_ok=True)


def unfinished(root: Path) -> Path:
    """An empty file of one's own, for what is being made."""
    path = root / PRIVATE / f"{_UNFINISHED}{uuid4().hex}"
    _make_empty(root, path)
    return path


def remove_folder_if_empty(root: Path) -> None:
    """The next save makes it again."""
    with suppress(OSError):
        (root / PRIVATE).rmdir()


def stray_identifiers(root: Path, marked_before: int) -> list[str]:
    """Those whose markers are older than a moment; unfinished files older than that go away."""
    strays = []
    for entry in _older(root, marked_before):
        if entry.name.startswith(_UNFINISHED):
            Path(entry).unlink(missing_ok=True)
        else:
            strays.append(_marked(entry.name))
    return strays


def _older(root: Path, moment: int) -> Iterator[os.DirEntry[str]]:
    if not (root / PRIVATE).exists():
        return
    with os.scandir(root / PRIVATE) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime_ns < moment:
                    yield entry


def _make_empty(root: Path, path: Path) -> None:
    """Never makes the root: where that is missing, a volume is not mounted.

    :raise FileExistsError: there is such a file.
    """
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
            return
        with suppress(FileExistsError):
            path.parent.mkdir()
            sync_folder(root)
    raise FileNotFoundError(errno.ENOENT, "its folder is being removed", str(path))


def _marker(root: Path, identifier: str) -> Path:
    """Its name is the identifier with underscores for slashes."""
    name = identifier.replace("%", "%25").replace("_", "%5F").replace("/", "_")
    return root / PRIVATE / name


def _marked(name: str) -> str:
    return name.replace("_", "/").replace("%5F", "_").replace("%25", "%")
