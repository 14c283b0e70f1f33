"""EBML (RFC 8794): elements, each a number that says what it is, a size and a body.

Numbers and sizes are coded in one to eight bytes, of which the first tells how many they are. A
size may be unknown: then the element goes as far as its parent lets it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import attrs

from pictd.imaging.containers.pieces import Data, piece
from pictd.imaging.failures import Unreadable

ENDLESS = 1 << 63
_MOST, _FEW = 1_000_000, 1000
_LONGEST_NUMBER, _LONGEST_SIZE = 4, 8


class Element(NamedTuple):
    """A tuple, because a file has very many.

    :ivar kind: the element's number, with the bits that tell its length.
    :ivar start: where its number begins.
    :ivar at: where the body begins.
    :ivar end: where it ends; of a file that was cut that is after the end of the file.
    :ivar sized: whether the element itself tells its end.
    """

    kind: int
    start: int
    at: int
    end: int
    sized: bool


@attrs.define
class Reader:
    """Reads elements of one file, and not without end.

    :ivar left: how many elements, or frames in them, may still be read.
    """

    data: Data = attrs.field(repr=False)
    left: int = _MOST

    def element(self, at: int, limit: int) -> Element:
        """The element whose head is at ``at``, in a parent that ends at ``limit``.

        :raise Unreadable: it has no head, or goes on after its parent; or there are far too many.
        """
        self.spend(1)
        start = at
        kind, at = coded(self.data, start, _LONGEST_NUMBER, marked=True)
        before = at
        size, at = coded(self.data, before, _LONGEST_SIZE)
        if size == (1 << 7 * (at - before)) - 1:
            return Element(kind, start, at, limit, False)
        if at + size > limit:
            raise Unreadable("the file is broken: a part goes on after the end of the whole")
        return Element(kind, start, at, at + size, True)

    def is_cut(self, at: int) -> bool:
        """Whether the file ends in the head of the element at ``at``."""
        if at + _LONGEST_NUMBER + _LONGEST_SIZE <= len(self.data):
            return False
        for _ in ("number", "size"):
            if at >= len(self.data):
                return True
            at += 9 - self.data[at].bit_length()
        return at > len(self.data)

    def spend(self, count: int) -> None:
        """:raise Unreadable: there are far too many elements, or frames in them."""
        self.left -= count
        if self.left < 0:
            raise Unreadable("the file has far too many parts")

    def children(self, parent: Element) -> Iterator[Element]:
        """The elements that fill ``parent``.

        :raise Unreadable: they do not, or one of them does not tell its size.
        """
        at = parent.at
        while at < parent.end:
            each = self.element(at, parent.end)
            if not each.sized:
                raise Unreadable("the file is broken: a part does not tell its size")
            yield each
            at = each.end

    def few(self, parent: Element) -> list[Element]:
        """All the children, of an element that has not very many.

        :raise Unreadable: it has.
        """
        found = list(islice(self.children(parent), _FEW + 1))
        if len(found) > _FEW:
            raise Unreadable("the file has far too many parts")
        return found

    def last(self, parent: Element) -> dict[int, Element]:
        """The children by their kind; of several of a kind the last."""
        return {each.kind: each for each in self.few(parent)}

    def body(self, element: Element, most: int = 1 << 16) -> bytes:
        """:raise Unreadable: it is not all there, or has more than ``most`` bytes."""
        if element.end - element.at > most:
            raise Unreadable("the file is broken: a value in it is far too long")
        return piece(self.data, element.at, element.end - element.at)

    def whole(self, element: Element | None, missing: int = 0) -> int:
        """A whole number without sign; ``missing`` where there is no element."""
        return missing if element is None else int.from_bytes(self.body(element, 8), "big")

    def text(self, element: Element | None) -> bytes:
        """What stands before the first NUL; nothing where there is no element."""
        return b"" if element is None else self.body(element).split(b"\0", 1)[0]


def coded(data: Data, at: int, longest: int, marked: bool = False) -> tuple[int, int]:
    """A number that tells its own length, and where it ends.

    :param marked: the bits that tell the length are part of it.
    :raise Unreadable: it is longer than ``longest``, or not all there.
    """
    if at >= len(data):
        raise Unreadable("the file is cut short")
    first = data[at]
    if first > 127:
        return (first if marked else first - 128), at + 1
    length = 9 - first.bit_length()
    end = at + length
    if length > longest or end > len(data):
        raise Unreadable("the file is broken: no element where one must be")
    value = int.from_bytes(data[at:end], "big")
    return value if marked else value & (1 << 7 * length) - 1, end


def real(body: bytes) -> float:
    """A floating-point number.

    :raise Unreadable: it has neither four nor eight bytes.
    """
    if len(body) not in (4, 8):
        raise Unreadable("the file is broken: a number in it has a wrong length")
    value: float = struct.unpack(">f" if len(body) == 4 else ">d", body)[0]
    return value
