"""Walks a tree in the order of its keys (spec sled §8.5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import attrs

from pictd.sled.damage import Finding
from pictd.sled.failures import Malformed
from pictd.sled.nodes import Node
from pictd.sled.pages import Pages

_DEPTH = 64
"""Levels of a tree; sled's have no more than a handful."""


@attrs.frozen
class _Spot:
    """Where in the chain of leaves one has to be: on this page, from this key on."""

    page: int
    lo: bytes


@attrs.frozen
class Tree:
    """The records of one tree.

    :ivar root: its page; None: there is no such tree, which is as good as an empty one.
    """

    name: bytes
    root: int | None
    pages: Pages

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """(key, value), by ascending keys. Only one page of them is in memory.

        :raise DatabaseDamaged: unless forced; what was yielded before is right.
        :raise SledFailure: the files can't be read.
        """
        for leaf in self._leaves():
            yield from zip(leaf.full_keys(), leaf.values, strict=True)

    def check(self) -> None:
        """Read all of it, as ``items`` does."""
        for _ in self._leaves():
            pass

    def _leaves(self) -> Iterator[Node]:
        spot = None if self.root is None else self._first(self.root)
        while spot is not None:
            try:
                leaf = self._leaf(spot)
                follower = _follower(leaf)
            except Malformed as error:
                spot = self._behind_damage(spot.lo, error)
                continue
            self.pages.ledger.settle()  # a link may have been unreadable
            yield leaf
            spot = follower

    def _first(self, root: int) -> _Spot | None:
        try:
            return self._leftmost(_Spot(root, b""))
        except Malformed as error:
            return self._behind_damage(b"", error)

    def _leaf(self, spot: _Spot) -> Node:
        leaf = self.pages.node(spot.page)
        if not leaf.is_leaf or leaf.lo != spot.lo:
            raise Malformed(f"page {spot.page} has another place in the tree")
        if not all(leaf.takes(key) for key in (*leaf.keys[:1], *leaf.keys[-1:])):
            raise Malformed(f"page {spot.page} has keys of another")
        return leaf

    def _leftmost(self, spot: _Spot) -> _Spot:
        """Down to the first leaf below."""
        page = spot.page
        for _ in range(_DEPTH):
            found = self.pages.node(page)
            if found.is_leaf:
                return _Spot(page, spot.lo)
            if not found.children:
                raise Malformed(f"page {page} has no children")
            page = found.children[0]
        raise Malformed(f"page {spot.page} has no leaves")

    def _behind_damage(self, lo: bytes, error: Malformed) -> _Spot | None:
        """The next leaf behind those from the key ``lo`` on that can be found through the index;
        None: there is none."""
        self._damaged(f"from the key {lo.hex() or '-'} on: {error}")
        while (spot := self._after(lo)) is not None:
            try:
                return self._leftmost(spot)
            except Malformed as another:
                lo = spot.lo
                self._damaged(f"from the key {lo.hex()} on: {another}")
        return None

    def _damaged(self, where: str) -> None:
        self.pages.ledger.add(Finding.TREE, f"{self.name.decode(errors='replace')}, {where}")
        self.pages.ledger.settle()

    def _after(self, key: bytes) -> _Spot | None:
        """The child with the least key above ``key``, of the indexes that are readable."""
        best, page = None, self.root
        for _ in range(_DEPTH):
            try:
                index = self.pages.node(page) if page is not None else None
            except Malformed:
                break
            if index is None or index.is_leaf:
                break
            keys = index.full_keys()
            at = bisect_right(keys, key)
            if at < len(keys):
                best = _Spot(index.children[at], keys[at])
            page = index.children[at - 1] if at else None
        return best


def _follower(leaf: Node) -> _Spot | None:
    """The right neighbour; the keys of leaves ascend, so that no walk is endless.

    :raise Malformed: the chain is broken here.
    """
    if leaf.next is None and not leaf.hi:
        return None
    if leaf.next is None or leaf.hi <= leaf.lo:
        raise Malformed("the chain of leaves is broken")
    return _Spot(leaf.next, leaf.hi)
