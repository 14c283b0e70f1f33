"""Databases that a real pict-rs has made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding
from pictd.sled.database import Database, open_database
from tests.support.takeover import NAMES, digest, expected, unpacked


def digests(database: Database) -> dict[str, Any]:
    """Of all trees."""
    return {name.decode(): digest(database.tree(name).items()) for name in database.trees()}


def traces(paths: Sequence[Path]) -> list[tuple[int, ...]]:
    """All that reading may leave on files and folders."""
    found = map(Path.stat, paths)
    return [(s.st_atime_ns, s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_nlink) for s in found]


class PictRsTests(SynchronousTestCase):
    """Spec sled §14."""

    def test_every_tree(self) -> None:
        """Every record of every tree is there, in order, as sled itself reads it."""
        for name in NAMES:
            with open_database(unpacked(name, Path(self.mktemp()))) as database:
                self.assertEqual(digests(database), expected(name)["trees"])

    def test_without_snapshot(self) -> None:
        """The log alone says the same."""
        for name in NAMES:
            path = unpacked(name, Path(self.mktemp()))
            for snapshot in path.rglob("snap.*"):
                snapshot.unlink()
            with open_database(path) as database:
                self.assertEqual(digests(database), expected(name)["trees"])

    def test_damaged_snapshot(self) -> None:
        """It is noted, and the log is read instead."""
        path = unpacked("splits", Path(self.mktemp()))
        (snapshot,) = path.rglob("snap.*")
        data = bytearray(snapshot.read_bytes())
        data[100] ^= 1
        snapshot.write_bytes(data)
        with open_database(path) as database:
            self.assertEqual(digests(database), expected("splits")["trees"])
            self.assertEqual(database.damage.counts, {Finding.SNAPSHOT_IGNORED: 1})

    def test_nothing_wrong(self) -> None:
        """A database that was stopped in peace has no findings."""
        for name in ("clean", "splits"):
            with open_database(unpacked(name, Path(self.mktemp()))) as database:
                self.assertEqual(database.check().counts, {})

    def test_killed(self) -> None:
        """What a kill leaves is a note, and no damage."""
        with open_database(unpacked("killed", Path(self.mktemp()))) as database:
            self.assertEqual(database.check().counts, {Finding.TORN_TAIL: 1})
            self.assertEqual(database.damage.damaged, 0)

    def test_nothing_is_changed(self) -> None:
        """Neither content nor times of any file or folder, not even those of access."""
        for name in NAMES:
            path = unpacked(name, Path(self.mktemp()))
            paths = [path, *path.rglob("*")]
            for each in paths:
                os.utime(each, (1, 2))  # read before they were written: reading would move that
            before = traces(paths)
            with open_database(path) as database:
                database.check()
            self.assertEqual(traces(paths), before)
            self.assertEqual([path, *path.rglob("*")], paths)

    def test_every_truncation(self) -> None:
        """A log that ends anywhere is read or refused, and never misread."""
        path = unpacked("killed", Path(self.mktemp()))
        with open_database(path) as database:
            whole = {name: dict(database.tree(name).items()) for name in database.trees()}
        log = path / "v0.5.0" / "db"
        for size in range(log.stat().st_size, 0, -997):
            os.truncate(log, size)
            with open_database(path, forced=True) as database:
                found = database.check()
                trees = {name: dict(database.tree(name).items()) for name in database.trees()}
            self.assertTrue(trees == whole or found.counts, size)
