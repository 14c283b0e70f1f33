"""The chain of leaves, whole, damaged, and as kills leave it (spec sled §8.5, §10)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.damage import Finding
from pictd.sled.database import open_database
from pictd.sled.failures import DatabaseDamaged
from tests.sled.cases import TREE, begun, read
from tests.support.sled import Index, Leaf, SledWriter, setting


class TreeDamageTests(SynchronousTestCase):
    """Of the chain of leaves."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.log = SledWriter(4096)
        self.log.put(5, 1, b"\0")
        bounds = [b"", b"b", b"c", b"d", b"e", b""]
        leaves = [Leaf({lo + b"1": b"x"}, lo, hi) for lo, hi in pairwise(bounds)]
        self.root = self.log.tree(2, leaves)
        self.log.meta({TREE: self.root})
        self.pages = range(2, self.root)

    def forced(self) -> list[bytes]:
        """The keys that can be read, after all were refused."""
        self.log.save(self.folder)
        self.assertRaises(DatabaseDamaged, read, self.folder)
        with open_database(self.folder, forced=True) as database:
            found = list(database.tree(TREE).items())
            self.assertEqual(set(database.damage.counts), {Finding.TREE})
        return [key for key, _ in found]

    def test_whole(self) -> None:
        """Nothing is wrong with it before."""
        wanted = {b"1": b"x", b"b1": b"x", b"c1": b"x", b"d1": b"x", b"e1": b"x"}
        self.assertEqual(read(self.log.save(self.folder)), wanted)

    def test_missing_leaf(self) -> None:
        """The walk goes on with the next one that the index knows."""
        self.log.free(self.pages[2])
        self.assertEqual(self.forced(), [b"1", b"b1", b"d1", b"e1"])

    def test_first_leaf(self) -> None:
        """Also if it is the first."""
        self.log.free(self.pages[0])
        self.assertEqual(self.forced(), [b"b1", b"c1", b"d1", b"e1"])

    def test_last_leaf(self) -> None:
        """Or the last."""
        self.log.free(self.pages[4])
        self.assertEqual(self.forced(), [b"1", b"b1", b"c1", b"d1"])

    def test_several_leaves(self) -> None:
        """Or several in a row."""
        self.log.free(self.pages[1])
        self.log.free(self.pages[2])
        self.assertEqual(self.forced(), [b"1", b"d1", b"e1"])

    def test_another_leaf(self) -> None:
        """A leaf of another range is not the neighbour."""
        self.log.node(self.pages[2], Leaf({b"c1": b"x"}, b"bb", b"d", self.pages[3]))
        self.assertEqual(self.forced(), [b"1", b"b1", b"d1", b"e1"])

    def test_circle(self) -> None:
        """A chain that leads back is broken, and no walk is endless."""
        self.log.node(self.pages[2], Leaf({b"c1": b"x"}, b"c", b"b", self.pages[1]))
        self.assertEqual(self.forced(), [b"1", b"b1", b"d1", b"e1"])

    def test_chain_that_ends_early(self) -> None:
        """A leaf with an upper bound has a neighbour."""
        self.log.node(self.pages[2], Leaf({b"c1": b"x"}, b"c", b"d"))
        self.assertEqual(self.forced(), [b"1", b"b1", b"d1", b"e1"])

    def test_root(self) -> None:
        """Without it there is nothing."""
        self.log.free(self.root)
        self.assertEqual(self.forced(), [])

    def test_circle_of_indexes(self) -> None:
        """Nor is the way down endless."""
        self.log.node(self.root, Index({b"": self.root}))
        self.assertEqual(self.forced(), [])

    def test_change_of_another_leaf(self) -> None:
        """It is left out, and the leaf's records stay."""
        self.log.link(self.pages[2], setting(b"zz", b""))
        self.assertEqual(self.forced(), [b"1", b"b1", b"c1", b"d1", b"e1"])


class CrashedTreeTests(SynchronousTestCase):
    """Of splits and merges that a kill has stopped half-way (spec sled §8.5)."""

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.log = SledWriter(4096)
        self.log.put(5, 1, b"\0")

    def found(self) -> list[bytes]:
        """The keys of the tree, of which nothing is damaged."""
        return list(read(self.log.save(self.folder)))

    def test_split(self) -> None:
        """The new leaf is in the chain before the index knows of it."""
        self.log.node(2, Leaf({b"a": b""}, b"", b"m", next=4))
        self.log.node(3, Index({b"": 2}))
        self.log.node(4, Leaf({b"m": b""}, b"m"))
        self.log.meta({TREE: 3})
        self.assertEqual(self.found(), [b"a", b"m"])

    def test_merge(self) -> None:
        """A leaf that is to go is read until its neighbour has what it held."""
        self.log.node(2, Leaf({b"a": b""}, b"", b"m", next=4))
        self.log.node(3, Index({b"": 2, b"m": 4}))
        self.log.node(4, Leaf({b"m": b""}, b"m"))
        self.log.meta({TREE: 3})
        self.log.link(3, b"\2\x04")
        self.log.link(4, b"\4")
        self.assertEqual(self.found(), [b"a", b"m"])

    def test_merged(self) -> None:
        """From then on it is out of the chain."""
        self.test_merge()
        self.folder = Path(self.mktemp())
        self.log.node(2, Leaf({b"a": b"", b"m": b""}))
        self.log.link(3, b"\3")
        self.log.free(4)
        self.assertEqual(self.found(), [b"a", b"m"])

    def test_grown_root(self) -> None:
        """A tree may be of several levels, and of one."""
        self.log.node(2, Leaf({b"a": b""}, b"", b"m", next=4))
        self.log.node(3, Index({b"": 2}, b"", b"m", next=5))
        self.log.node(4, Leaf({b"m": b""}, b"m"))
        self.log.node(5, Index({b"m": 4}, b"m"))
        self.log.node(6, Index({b"": 3, b"m": 5}))
        self.log.node(7, Leaf({b"z": b""}))
        self.log.meta({TREE: 6, b"other": 7})
        self.assertEqual(self.found(), [b"a", b"m"])
        with open_database(self.folder) as database:
            self.assertEqual(list(database.tree(b"other").items()), [(b"z", b"")])
            self.assertEqual(database.trees(), [b"other", TREE])

    def test_missing_tree(self) -> None:
        """Is empty."""
        begun(self.log)
        with open_database(self.log.save(self.folder)) as database:
            self.assertEqual(list(database.tree(b"missing").items()), [])
