"""The content of pages: nodes of a tree, and changes to them (spec sled §8)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import lt

import attrs

from pictd.sled.failures import Malformed
from pictd.sled.integers import string, strings, varint, varints

_LEAF, _INDEX = 0, 1
_SET, _DELETE, _MERGING_CHILD, _MERGED_CHILD, _MERGING = range(5)


@attrs.define
class Node:
    """A page of a tree, of which links change only keys and values.

    :ivar next: the right neighbour's page.
    :ivar merging_child: of an index: the child that is to go.
    :ivar prefix: what keys are stored without.
    :ivar lo: no key is less.
    :ivar hi: all keys are less; empty: there is no such bound.
    :ivar keys: ascending, each without the prefix.
    :ivar values: of a leaf.
    :ivar children: pages, of an index; each holds what is not less than its key.
    """

    next: int | None
    merging_child: int | None
    prefix: bytes
    lo: bytes
    hi: bytes
    is_leaf: bool
    keys: list[bytes]
    values: list[bytes]
    children: list[int]

    def takes(self, key: bytes) -> bool:
        """Whether a key, stored without the prefix, is one for this node."""
        full = self.prefix + key
        return self.lo <= full and (not self.hi or full < self.hi)

    def full_keys(self) -> Sequence[bytes]:
        """With the prefix."""
        prefix = self.prefix
        return [prefix + key for key in self.keys] if prefix else self.keys


def node(body: bytes) -> Node:
    """:raise Malformed: it is not the body of a node."""
    following, at = varint(body, 0)
    child, at = varint(body, at)
    if at + 2 > len(body):
        raise Malformed("a node is cut short")
    prefix_size = body[at + 1]  # behind the flag of a node that is being merged itself
    lo, at = string(body, at + 2)
    hi, at = string(body, at)
    if prefix_size > len(lo) or at >= len(body):
        raise Malformed("a node is cut short")
    tag = body[at]
    count, at = varint(body, at + 1)
    keys, at = strings(body, at, count)
    values, children, at = _content(body, at, tag, count)
    if at != len(body) or not all(map(lt, keys, keys[1:])):
        raise Malformed("a node's keys are in disorder, or it has another size")
    prefix, is_leaf = lo[:prefix_size], tag == _LEAF
    return Node(following or None, child or None, prefix, lo, hi, is_leaf, keys, values, children)


def _content(body: bytes, at: int, tag: int, count: int) -> tuple[list[bytes], list[int], int]:
    """Values or children, and where they end."""
    if tag == _LEAF:
        values, at = strings(body, at, count)
        return values, [], at
    if tag == _INDEX:
        children, at = varints(body, at, count)
        return [], children, at
    raise Malformed(f"a node of kind {tag}")


def apply(link: bytes, to: Node) -> None:
    """Change a node as a link says.

    :raise Malformed: it is not the body of a link, or not one for such a node.
    """
    if not link:
        raise Malformed("a link is empty")
    match link[0]:
        case tag if tag in (_SET, _DELETE) and to.is_leaf:
            _change_leaf(tag, link, to)
        case tag if tag == _MERGING_CHILD and not to.is_leaf:
            to.merging_child, end = varint(link, 1)
            _must_end(link, end)
        case tag if tag == _MERGED_CHILD and not to.is_leaf:
            _forget_child(to)
            _must_end(link, 1)
        case tag if tag == _MERGING:
            _must_end(link, 1)
        case tag:
            raise Malformed(f"a link of kind {tag}")


def _change_leaf(tag: int, link: bytes, to: Node) -> None:
    key, end = string(link, 1)
    if not to.takes(key):
        raise Malformed("a key is of another node")
    at = bisect_left(to.keys, key)
    is_there = at < len(to.keys) and to.keys[at] == key
    if tag == _SET:
        value, end = string(link, end)
        to.keys[at : at + is_there] = [key]
        to.values[at : at + is_there] = [value]
    else:
        del to.keys[at : at + is_there], to.values[at : at + is_there]
    _must_end(link, end)


def _forget_child(index: Node) -> None:
    if index.merging_child not in index.children:
        raise Malformed("a child that is not there was merged")
    at = index.children.index(index.merging_child)
    del index.keys[at], index.children[at]
    index.merging_child = None


def _must_end(link: bytes, end: int) -> None:
    if end != len(link):
        raise Malformed("a link has another size")
