"""Databases of pict-rs of any size, as it would have written them (spec sled §11)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import attrs

from pictd.migration.pict_rs_sled.trees import Name
from pictd.model.formats import Format
from pictd.model.hashes import Hash
from tests.support.sled import Index, Leaf, SledWriter

Record = tuple[bytes, bytes]
Content = Mapping[Name, Iterable[Record]]

RECORDS_EACH = 6
"""Of one original: itself, an alias, a variant, a proxied URL, and details of two files."""

_PER_LEAF, _PER_INDEX = 40, 500
_SEGMENT = 512 * 1024
_BEGAN = 1_763_700_000_000_000_000
_KIND = bytes([4, 9, 4])
_PREFIX = (39).to_bytes(8, "big")
_VARIANT = "resize.800/80.webp"


def installation(folder: Path, count: int) -> Path:
    """A database of so many originals, each with all that may hang on one.

    :return: what pict-rs calls ``repo.path``.
    """
    return written(folder, _content(sorted(range(count), key=_key)))


def written(folder: Path, content: Content) -> Path:
    """A database of these trees.

    :param content: each tree's records, in any order.
    :return: what pict-rs calls ``repo.path``.
    """
    writer, page, roots = SledWriter(_SEGMENT), 2, {}
    for name, records in content.items():
        roots[name.value], page = _tree(writer, page, _leaves(sorted(records)))
    writer.meta(roots)
    writer.put(5, 1, b"\0")
    writer.save(folder / "v0.5.0")
    return folder


def _tree(writer: SledWriter, page: int, leaves: Iterable[Leaf]) -> tuple[int, int]:
    """The page of its root, and the first one behind it. An index is never larger than sled's."""
    nodes: Sequence[Leaf | Index] = list(leaves)
    while len(nodes) > 1 or isinstance(nodes[0], Leaf):
        starts = {}
        for at, node in enumerate(nodes):
            follower = page + at + 1 if at + 1 < len(nodes) else 0
            writer.node(page + at, attrs.evolve(node, next=follower))
            starts[node.lo] = page + at
        page += len(nodes)
        nodes = list(_indexes(list(starts.items())))
    writer.node(page, nodes[0])
    return page, page + 1


def _indexes(children: Sequence[tuple[bytes, int]]) -> Iterator[Index]:
    for at in range(0, len(children), _PER_INDEX):
        hi = children[at + _PER_INDEX][0] if at + _PER_INDEX < len(children) else b""
        yield Index(dict(children[at : at + _PER_INDEX]), children[at][0], hi)


def _leaves(records: list[Record]) -> Iterator[Leaf]:
    starts = range(0, max(len(records), 1), _PER_LEAF)
    for at in starts:
        lo = records[at][0] if at else b""
        hi = records[at + _PER_LEAF][0] if at + _PER_LEAF < len(records) else b""
        yield Leaf(dict(records[at : at + _PER_LEAF]), lo, hi)


def _content(numbers: Iterable[int]) -> Content:
    each = list(numbers)
    keys = {number: _key(number) for number in each}
    return {
        Name.HASHES: [(keys[n], _stamp(n) + keys[n]) for n in each],
        Name.IDENTIFIERS: [(keys[n], _identifier(n).encode()) for n in each],
        Name.ALIASES: [(_alias(n), keys[n]) for n in each],
        Name.TOKENS: [(_alias(n), _id(n, b"token").bytes) for n in each],
        Name.VARIANTS: [(keys[n] + b"/" + _VARIANT.encode(), _derived(n).encode()) for n in each],
        Name.VARIANT_ACCESSES: [(_PREFIX + keys[n] + _VARIANT.encode(), _stamp(n)) for n in each],
        Name.DETAILS: [
            (name.encode(), _details(n)) for n in each for name in (_identifier(n), _derived(n))
        ],
        Name.PROXIES: [(f"https://example.org/{n}.png".encode(), _alias(n)) for n in each],
        Name.ALIAS_ACCESSES: [(_alias(n), _stamp(n)) for n in each],
    }


def _key(number: int) -> bytes:
    digest = sha256(number.to_bytes(8, "big")).digest()
    return Hash(digest, 10_000 + number, Format.IMAGE_PNG).to_bytes()


def _id(number: int, purpose: bytes) -> UUID:
    return UUID(bytes=sha256(purpose + number.to_bytes(8, "big")).digest()[:16], version=4)


def _alias(number: int) -> bytes:
    return _id(number, b"alias").bytes + b".png"


def _identifier(number: int) -> str:
    return f"ab/cd/{_id(number, b'file')}.png"


def _derived(number: int) -> str:
    return f"ab/cd/{_id(number, b'variant')}.webp"


def _stamp(number: int) -> bytes:
    return (_BEGAN + number * 1_000_000).to_bytes(16, "big", signed=True)


def _details(number: int) -> bytes:
    return json.dumps(
        {
            "width": 1920,
            "height": 1080 + number % 100,
            "frames": None,
            "content_type": "image/png",
            "created_at": "2025-11-21T04:40:00.123456789Z",
            "format": Format.IMAGE_PNG.as_json(),
        }
    ).encode()
