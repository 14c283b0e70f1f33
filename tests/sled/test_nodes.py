"""Nodes, and changes of them, by the worked bytes of spec sled §13."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from pictd.sled.failures import Malformed
from pictd.sled.nodes import Node, apply, node
from tests.support.sled import Index, Leaf, deletion, setting, string

EMPTY = bytes(8)
PROCESS = b"process" + bytes.fromhex("01a1fbe049")
PREFIXED = bytes.fromhex(
    "f904c500000c"
    "1370726f6365737301a1fbe049be79d18c627ff20d70726f6365737301a1fbe049cf0003"
    "0bcb77e190df753ec61a45010bce7ff389b5914a8a05edf40bce7ff389b59157443efd47"
    "080000000000000005080000000000000005080000000000000005"
)


def records(of: Node) -> dict[bytes, bytes]:
    """What a leaf holds."""
    return dict(zip(of.full_keys(), of.values, strict=True))


class NodesTests(SynchronousTestCase):
    """Spec sled §8.2."""

    def test_empty_leaf(self) -> None:
        """Without neighbours, bounds and records."""
        found = node(EMPTY)
        self.assertEqual((found.is_leaf, found.next, found.lo, found.hi), (True, None, b"", b""))
        self.assertEqual(records(found), {})

    def test_index(self) -> None:
        """The empty key leads to the first child."""
        found = node(bytes.fromhex("00000000000001010002"))
        self.assertEqual((found.is_leaf, found.keys, found.children), (False, [b""], [2]))

    def test_prefix(self) -> None:
        """Keys are whole again, and the neighbour is there."""
        found = node(PREFIXED)
        keys = ["cb77e190df753ec61a4501", "ce7ff389b5914a8a05edf4", "ce7ff389b59157443efd47"]
        self.assertEqual(found.full_keys(), [PROCESS + bytes.fromhex(key) for key in keys])
        self.assertEqual(found.values, [(5).to_bytes(8, "big")] * 3)
        self.assertEqual(found.next, 2288 + 256 * 4 + 0xC5)

    def test_every_cut(self) -> None:
        """A node that is cut short anywhere is none."""
        for size in range(len(PREFIXED)):
            self.assertRaises(Malformed, node, PREFIXED[:size])

    def test_too_long(self) -> None:
        """Nor one with something behind it."""
        self.assertRaises(Malformed, node, EMPTY + b"\0")

    def test_other_kinds(self) -> None:
        """Nor one that is neither leaf nor index."""
        self.assertRaises(Malformed, node, bytes.fromhex("0000000000000200"))

    def test_disorder(self) -> None:
        """Nor one whose keys don't ascend."""
        body = bytes(7) + b"\2" + string(b"b") + string(b"a") + string(b"") * 2
        self.assertRaises(Malformed, node, body)

    def test_prefix_longer_than_the_bound(self) -> None:
        """Nor one whose keys can't be made whole."""
        self.assertRaises(Malformed, node, bytes.fromhex("0000000100000000"))


class LinksTests(SynchronousTestCase):
    """Spec sled §8.3."""

    def setUp(self) -> None:
        self.leaf = node(Leaf({b"kb": b"1", b"kd": b"2"}, b"ka", b"kz", 9, prefix=1).encoded())

    def test_insert(self) -> None:
        """A key that was not there comes at its place."""
        apply(setting(b"c", b"3"), self.leaf)
        self.assertEqual(list(records(self.leaf).items())[1], (b"kc", b"3"))

    def test_overwrite(self) -> None:
        """A key that was there gets the value."""
        apply(setting(b"b", b"3"), self.leaf)
        self.assertEqual(records(self.leaf), {b"kb": b"3", b"kd": b"2"})

    def test_delete(self) -> None:
        """A key goes; that of no record changes nothing."""
        apply(deletion(b"b"), self.leaf)
        apply(deletion(b"c"), self.leaf)
        self.assertEqual(records(self.leaf), {b"kd": b"2"})

    def test_key_of_another_node(self) -> None:
        """What lies outside the bounds was not written for this base."""
        for key in (b"", b"z", b"~"):
            self.assertRaises(Malformed, apply, setting(key, b""), self.leaf)

    def test_malformed(self) -> None:
        """Cut short, too long, or of no known kind."""
        whole = setting(b"c", b"3")
        for size in range(len(whole)):
            self.assertRaises(Malformed, apply, whole[:size], self.leaf)
        for body in (whole + b"\0", deletion(b"b") + b"\0", b"\5", b"\3", b"\2\7"):
            self.assertRaises(Malformed, apply, body, self.leaf)

    def test_merging_leaf(self) -> None:
        """It is whole until its content is in its neighbour."""
        before = records(self.leaf)
        apply(b"\4", self.leaf)
        self.assertEqual(records(self.leaf), before)

    def test_merged_child(self) -> None:
        """An index forgets it when the merge is confirmed."""
        index = node(Index({b"": 7, b"m": 8}).encoded())
        apply(b"\2\x08", index)
        self.assertEqual(index.children, [7, 8])
        apply(b"\3", index)
        self.assertEqual((index.keys, index.children), ([b""], [7]))

    def test_confirmation_without_intention(self) -> None:
        """There is nothing to confirm."""
        self.assertRaises(Malformed, apply, b"\3", node(Index({b"": 7}).encoded()))

    def test_records_in_an_index(self) -> None:
        """Have no place there."""
        index = node(Index({b"": 7}).encoded())
        self.assertRaises(Malformed, apply, setting(b"a", b"b"), index)
