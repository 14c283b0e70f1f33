"""A database of one tree, for tests of the log."""

from __future__ import annotations

from pathlib import Path

from pictd.sled.database import open_database
from tests.support.sled import Index, Leaf, SledWriter

TREE = b"tree"
LEAF, ROOT = 2, 3
"""Its pages: one of records, and the index above."""


def begun(log: SledWriter, content: dict[bytes, bytes] | None = None) -> SledWriter:
    """With a tree of one leaf."""
    log.put(5, 1, b"\0")
    log.node(LEAF, Leaf(content or {}))
    log.node(ROOT, Index({b"": LEAF}))
    log.meta({TREE: ROOT})
    return log


def read(folder: Path, forced: bool = False) -> dict[bytes, bytes]:
    """The records of the tree."""
    with open_database(folder, forced) as database:
        return dict(database.tree(TREE).items())
