"""Boxes of the ISO base media file format (ISO/IEC 14496-12 §4.2)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import attrs

from pictd.imaging.containers.pieces import Data, numbers, piece
from pictd.imaging.failures import Unreadable

_MOST = 20_000
_LONGEST_TYPE = 1024


@attrs.frozen
class Box:
    """:ivar body: what follows size and type; of full boxes with version and flags."""

    kind: bytes
    body: bytes = attrs.field(repr=False)

    @property
    def version(self) -> int:
        """Of a full box."""
        return numbers("B", self.body)[0]

    def fields(self, layout: str, at: int = 4) -> tuple[int, ...]:
        """Big-endian numbers in the body; by default those that follow version and flags."""
        return numbers(">" + layout, self.body, at)


@attrs.frozen
class Span:
    """A box that stays where it is in a file.

    :ivar start: of its size and type.
    :ivar body: where what follows them begins.
    :ivar end: of the box as it announces it; the file may be shorter.
    """

    kind: bytes
    start: int
    body: int
    end: int


def boxes(data: bytes, at: int = 0) -> list[Box]:
    """The boxes that fill ``data`` from ``at`` to its end.

    :raise Unreadable: they do not, or there are far too many.
    """
    return list(walk(data, at))


def walk(data: bytes, at: int = 0) -> Iterator[Box]:
    """The boxes one by one; what lies behind those that are asked for is not looked at.

    :raise Unreadable: as ``boxes`` does, when it comes to it.
    """
    for _ in range(_MOST):
        if at >= len(data):
            return
        span = _span(data, at)
        yield Box(span.kind, piece(data, span.body, span.end - span.body))
        at = span.end
    raise Unreadable("the file has far too many boxes")


def spans(data: Data, at: int = 0) -> list[Span]:
    """The boxes from ``at`` on, up to where there is none; nothing of them is copied.

    :raise Unreadable: there are far too many.
    """
    found: list[Span] = []
    while at + 8 <= len(data):
        span = _span(data, at)
        if span.end < span.body:
            break
        found.append(span)
        at = span.end
        if len(found) > _MOST:
            raise Unreadable("the file has far too many boxes")
    return found


def _span(data: Data, at: int) -> Span:
    size, kind = struct.unpack(">I4s", piece(data, at, 8))
    head = 8
    if size == 1:
        (size,), head = numbers(">Q", data, at + 8), 16
    elif size == 0:
        size = len(data) - at
    return Span(kind, at, at + head, at + size)


def brands(data: Data) -> list[bytes]:
    """What a file that begins with a type box says it is: major first, then the compatible ones."""
    size = min(struct.unpack(">I", data[:4])[0], len(data), _LONGEST_TYPE)
    return [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]


def first(found: Iterable[Box], kind: bytes) -> Box | None:
    """The first box of this type."""
    return next((each for each in found if each.kind == kind), None)


def required(found: Iterable[Box], kind: bytes) -> Box:
    """:raise Unreadable: there is no box of this type."""
    box = first(found, kind)
    if box is None:
        raise Unreadable(f"the file is broken: it has no {kind.decode('latin-1')} box")
    return box


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box as it stands in a file."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box that has a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
