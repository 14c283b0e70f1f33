"""Putting files in and taking them out, durably. Everything here blocks: it runs in threads.

How it works: a marker for the identifier is made first, and made durable. The file is then moved to
its path, or, from another filesystem, copied into the store's own folder and moved from there: no
path ever shows part of a file. At last every folder on the way is synced. Whatever fails is undone;
a crash leaves the marker, by which the file is found again.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from pictd.store.markers import make_marker, remove_folder_if_empty, remove_marker, unfinished
from pictd.store.paths import path_of
from pictd.store.syncing import sync_file, sync_folder

Rename = Callable[[Path, Path], object]
_ATTEMPTS = 10
"""Tries to move a file into folders that others may be pruning."""


def place(root: Path, source: Path, identifier: str) -> None:
    """Store a file under an identifier, with a marker; the source is moved or copied.

    :raise FileExistsError: the identifier is in use; the file there stays as it is.
    :raise OSError: nothing was stored, and nothing is left of it.
    """
    target = path_of(root, identifier)
    with ExitStack() as undo:
        make_marker(root, identifier)
        undo.callback(remove_marker, root, identifier)
        undo.callback(_prune, root, target)
        _move_or_copy(root, source, target)
        undo.callback(target.unlink, missing_ok=True)
        for folder in _folders(root, target):
            sync_folder(folder)  # all: a save at the same time may have made it a moment ago
        undo.pop_all()


def place_copy(root: Path, source: Path, identifier: str) -> None:
    """Store a copy under an identifier that is not stray, in the place of what is there.

    :raise OSError: it was not stored, or may not survive power loss.
    """
    target = path_of(root, identifier)
    _copy(root, source, target, Path.replace)
    for folder in _folders(root, target):
        sync_folder(folder)


def take_out(root: Path, identifier: str) -> None:
    """Delete a file, its marker, and the folders that this leaves empty, but not the root.

    :raise OSError: the file is still there.
    """
    target = path_of(root, identifier)
    with suppress(FileNotFoundError, NotADirectoryError):
        target.unlink()
    _prune(root, target)
    remove_marker(root, identifier)
    remove_folder_if_empty(root)


def _move_or_copy(root: Path, source: Path, target: Path) -> None:
    try:
        _move(root, source, target, _rename)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(root, source, target, _rename)


def _copy(root: Path, source: Path, target: Path, rename: Rename) -> None:
    copy = unfinished(root)
    try:
        shutil.copyfile(source, copy)
        _require_equal_sizes(source, copy)
        _move(root, copy, target, rename)
    finally:
        copy.unlink(missing_ok=True)


def _require_equal_sizes(source: Path, copy: Path) -> None:
    """A filesystem that is full or at a distance may cut a copy short without an error."""
    wanted, got = source.stat().st_size, copy.stat().st_size
    if wanted != got:
        raise OSError(errno.EIO, f"the copy has {got} bytes of {wanted}", str(copy))


def _move(root: Path, source: Path, target: Path, rename: Rename) -> None:
    """Folders may vanish while they are used: whoever deletes a file prunes empty ones."""
    sync_file(source)
    for _ in range(_ATTEMPTS):
        _make_folders(root, target)
        with suppress(FileNotFoundError):
            rename(source, target)
            return
    raise FileNotFoundError(errno.ENOENT, "its folders are being removed", str(target))


def _rename(source: Path, target: Path) -> None:
    """Identifiers are random: nobody else makes this one between the check and the move."""
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


def _make_folders(root: Path, target: Path) -> None:
    """All but the root: where that is missing, a volume is not mounted."""
    for folder in [*_folders(root, target)][-2::-1]:
        with suppress(FileExistsError, FileNotFoundError):
            folder.mkdir()


def _prune(root: Path, target: Path) -> None:
    """Remove empty folders upwards, and sync the first that stays."""
    for folder in _folders(root, target):
        if folder == root or not _remove_empty(folder):
            with suppress(FileNotFoundError):
                sync_folder(folder)
            return


def _remove_empty(folder: Path) -> bool:
    """False: something is in it."""
    try:
        folder.rmdir()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return True


def _folders(root: Path, target: Path) -> Iterator[Path]:
    """From the file's own up to the root."""
    for folder in target.parents:
        yield folder
        if folder == root:
            return
