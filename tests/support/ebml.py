"""EBML for tests: elements to make, and elements of a file to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

HEADER, SEGMENT, INFO, TRACKS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
DOCTYPE, TRACK_ENTRY, VIDEO, CODEC, TRACK_TYPE, NUMBER = 0x4282, 0xAE, 0xE0, 0x86, 0x83, 0xD7
WIDTH, CODEC_PRIVATE, ENCODINGS, ALPHA_MODE = 0xB0, 0x63A2, 0x6D80, 0x53C0
SIMPLE_BLOCK, BLOCK_GROUP, BLOCK, TIMESTAMP = 0xA3, 0xA0, 0xA1, 0xE7
ADDITIONS, ADDITION, ADDITIONAL = 0x75A1, 0xA6, 0xA5
SEEK_HEAD, CUES, TAGS, VOID = 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0xEC
UNSIZED = b"\x01" + b"\xff" * 7

_PARENTS = {
    *(HEADER, SEGMENT, INFO, TRACKS, CLUSTER, TRACK_ENTRY, VIDEO, BLOCK_GROUP, ADDITIONS, ADDITION),
    *(SEEK_HEAD, 0x4DBB, CUES, 0xBB, 0xB7, TAGS, 0x7373, 0x63C0, 0x67C8, 0x55B0, 0xE1),
}

Change = Callable[[bytes], bytes]


@attrs.frozen
class Place:
    """An element of a file; the file itself, where the path is empty.

    :ivar put: makes the file with another body in this element; sizes around it fit.
    """

    path: tuple[int, ...]
    body: bytes
    put: Change

    @property
    def is_parent(self) -> bool:
        """Whether it holds other elements."""
        return not self.path or self.path[-1] in _PARENTS


def element(kind: int, *parts: bytes) -> bytes:
    """An element as it stands in a file."""
    body = b"".join(parts)
    return _head(kind) + (1 << 56 | len(body)).to_bytes(8, "big") + body


def short(kind: int, body: bytes) -> bytes:
    """An element whose size takes one byte; it has less than 127 bytes."""
    return _head(kind) + bytes([0x80 | len(body)]) + body


def number(kind: int, value: int) -> bytes:
    """An element that is a whole number."""
    return element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def unsized(kind: int, *parts: bytes) -> bytes:
    """An element that does not tell its size."""
    return _head(kind) + UNSIZED + b"".join(parts)


def changed(data: bytes, path: tuple[int, ...], change: Change) -> bytes:
    """The file with another body in the first element at ``path``; sizes around it fit.

    :raise AssertionError: there is no such element.
    """
    if not path:
        return change(data)
    for kind, start, at, end in _elements(data):
        if kind == path[0]:
            return (
                data[:start] + element(kind, changed(data[at:end], path[1:], change)) + data[end:]
            )
    raise AssertionError(f"no element {path[0]:x}")


def inserted(data: bytes, path: tuple[int, ...], *parts: bytes) -> bytes:
    """The file with more at the end of the first element at ``path``."""
    return changed(data, path, lambda body: body + b"".join(parts))


def replaced(data: bytes, path: tuple[int, ...], body: bytes) -> bytes:
    """The file with this body in the first element at ``path``."""
    return changed(data, path, lambda _: body)


def bodies(data: bytes, path: tuple[int, ...]) -> list[bytes]:
    """The bodies of all elements at ``path``."""
    if not path:
        return [data]
    found = [data[at:end] for kind, _, at, end in _elements(data) if kind == path[0]]
    return [body for each in found for body in bodies(each, path[1:])]


def places(data: bytes) -> Iterator[Place]:
    """The file, and all elements in it."""
    return _places(Place((), data, bytes))


def _places(parent: Place) -> Iterator[Place]:
    yield parent
    for kind, start, at, end in _elements(parent.body) if parent.is_parent else ():

        def put(body: bytes, kind: int = kind, start: int = start, end: int = end) -> bytes:
            return parent.put(parent.body[:start] + element(kind, body) + parent.body[end:])

        yield from _places(Place((*parent.path, kind), parent.body[at:end], put))


def _head(kind: int) -> bytes:
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big")


def _elements(data: bytes) -> list[tuple[int, int, int, int]]:
    """Kind, start, body and end of the elements in whole data."""
    found, at = [], 0
    while at < len(data):
        start = at
        after = at + 9 - data[at].bit_length()
        kind = int.from_bytes(data[at:after], "big")
        at = after + 9 - data[after].bit_length()
        size = int.from_bytes(data[after:at], "big") ^ 1 << 7 * (at - after)
        found.append((kind, start, at, at + size))
        at += size
    return found
