"""Writes databases of sled for tests, message by message (spec sled)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from struct import pack

import attrs

HEADER = 20
RED_ZONE = 32
FREE, COUNTER, META, META_BLOB, NODE, NODE_BLOB, LINK, LINK_BLOB = range(4, 12)
CANCELLED, CAP, BATCH = 1, 2, 3
_NO_PAGE = 2**64 - 1
_BATCH_PAGE = 2**64 - 667
_MASK = 0x7FFFFFFFFFFFFFFF
_FLIPPED = 0xFFFFFFFF


def varint(number: int) -> bytes:
    """Spec sled §2."""
    if number <= 240:
        return bytes([number])
    if number <= 2287:
        return bytes([241 + (number - 240) // 256, (number - 240) % 256])
    if number <= 67823:
        return b"\xf9" + pack(">H", number - 2288)
    body = number.to_bytes(8, "little").rstrip(b"\0").ljust(3, b"\0")
    return bytes([247 + len(body)]) + body


def string(data: bytes) -> bytes:
    """Its size, and itself."""
    return varint(len(data)) + data


def segment_header(lsn: int, stable: int) -> bytes:
    """Spec sled §4."""
    body = pack("<qq", lsn ^ _MASK, stable ^ _MASK)
    return pack("<I", zlib.crc32(body) ^ _FLIPPED) + body


def message(kind: int, segment: int, page: int, body: bytes) -> bytes:
    """Spec sled §5."""
    header = bytes([kind]) + varint(len(body)) + varint(segment) + varint(page)
    return pack("<I", zlib.crc32(header, zlib.crc32(body)) ^ _FLIPPED) + header + body


@attrs.frozen
class Leaf:
    """A node of records, as it is written; ``prefix`` counts the bytes that keys are stored
    without, and ``content`` has whole keys."""

    content: Mapping[bytes, bytes] = attrs.field(factory=dict)
    lo: bytes = b""
    hi: bytes = b""
    next: int = 0
    prefix: int = 0
    merging: bool = False

    def encoded(self) -> bytes:
        """The body of its message."""
        head = varint(self.next) + b"\0" + bytes([self.merging, self.prefix])
        keys = sorted(self.content)
        stored = b"".join(string(key[self.prefix :]) for key in keys)
        values = b"".join(string(self.content[key]) for key in keys)
        return (
            head + string(self.lo) + string(self.hi) + b"\0" + varint(len(keys)) + stored + values
        )


@attrs.frozen
class Index:
    """A node of children: pages by their least keys."""

    children: Mapping[bytes, int]
    lo: bytes = b""
    hi: bytes = b""
    next: int = 0
    merging_child: int = 0

    def encoded(self) -> bytes:
        """The body of its message."""
        head = varint(self.next) + varint(self.merging_child) + b"\0\0"
        keys = sorted(self.children)
        stored = b"".join(map(string, keys))
        pages = b"".join(varint(self.children[key]) for key in keys)
        return head + string(self.lo) + string(self.hi) + b"\1" + varint(len(keys)) + stored + pages


def setting(key: bytes, value: bytes) -> bytes:
    """A link that sets a key, given without the prefix of its node."""
    return b"\0" + string(key) + string(value)


def deletion(key: bytes) -> bytes:
    """A link that deletes a key, given without the prefix of its node."""
    return b"\1" + string(key)


class SledWriter:
    """A log in the making. Pages and their links are for the test to number and to order."""

    def __init__(self, segment_size: int = 4096) -> None:
        self.size = segment_size
        self.blobs: dict[int, bytes] = {}
        self._slots: list[bytearray] = []
        self._slot = 0
        self._start = -segment_size
        self._at = 0
        self.begin_segment()

    @property
    def lsn(self) -> int:
        """Position of what is written next."""
        return self._start + self._at

    @property
    def place(self) -> int:
        """The same in the file."""
        return self._slot * self.size + self._at

    def begin_segment(self, slot: int | None = None, stable: int | None = None) -> None:
        """The log goes on in the next segment.

        :param slot: of the file, whose former content stays behind what is written; None: new.
        """
        known = self.lsn - 1 if self._slots else -1
        self._start, self._at = self._start + self.size, 0
        self._slot = len(self._slots) if slot is None else slot
        if slot is None:
            self._slots.append(bytearray())
        self.raw(segment_header(self._start, known if stable is None else stable))

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self._slots[self._slot][self._at : self._at + len(data)] = data
        self._at += len(data)

    def put(self, kind: int, page: int, body: bytes = b"") -> int:
        """A message; what does not fit any more goes into a new segment, behind a cap.

        :return: its position.
        """
        whole = message(kind, self._start // self.size, page, body)
        if self._at > self.size - RED_ZONE or self._at + len(whole) > self.size:
            self.cap()
            self.begin_segment()
            whole = message(kind, self._start // self.size, page, body)
        lsn = self.lsn
        self.raw(whole)
        return lsn

    def cap(self) -> None:
        """Nothing more comes in this segment; not needed where no message could start."""
        room = self.size - RED_ZONE - self._at
        if room >= 0:
            self.raw(message(CAP, self._start // self.size, _NO_PAGE, bytes(min(room, 16))))

    def node(self, page: int, node: Leaf | Index) -> int:
        """The page as a whole."""
        return self.put(NODE, page, node.encoded())

    def link(self, page: int, body: bytes) -> int:
        """A change to the page."""
        return self.put(LINK, page, body)

    def blob(self, kind: int, page: int, body: bytes, number: int | None = None) -> int:
        """A page or a change whose body is in a file.

        :param number: of the file; None: the position of the message, as sled has it.
        """
        number = self.lsn if number is None else number
        content = bytes([kind]) + body
        self.blobs[number] = pack("<I", zlib.crc32(content)) + content
        return self.put(kind, page, pack("<q", number))

    def batch(self, last: int) -> int:
        """What follows belongs together, up to and including the byte at ``last``."""
        return self.put(BATCH, _BATCH_PAGE, pack("<q", last))

    def free(self, page: int) -> int:
        """The page is of no use any more."""
        return self.put(FREE, page)

    def meta(self, roots: Mapping[bytes, int]) -> int:
        """The trees."""
        return self.put(META, 0, b"".join(string(n) + varint(p) for n, p in roots.items()))

    def tree(self, first_page: int, leaves: Iterable[Leaf]) -> int:
        """Leaves on the pages from ``first_page`` on, the last one's neighbour being none, and an
        index of them behind.

        :return: the page of the index.
        """
        found: Sequence[Leaf] = list(leaves)
        for at, leaf in enumerate(found):
            last = at == len(found) - 1
            self.node(first_page + at, attrs.evolve(leaf, next=0 if last else first_page + at + 1))
        root = first_page + len(found)
        self.node(root, Index({leaf.lo: first_page + at for at, leaf in enumerate(found)}))
        return root

    def data(self) -> bytes:
        """The content of ``db``."""
        whole = [bytes(slot).ljust(self.size, b"\0") for slot in self._slots[:-1]]
        return b"".join([*whole, bytes(self._slots[-1])])

    def save(self, folder: Path) -> Path:
        """All files but a snapshot.

        :return: the folder.
        """
        (folder / "blobs").mkdir(parents=True)
        (folder / "db").write_bytes(self.data())
        (folder / "conf").write_bytes(conf(self.size))
        for number, content in self.blobs.items():
            (folder / "blobs" / str(number)).write_bytes(content)
        return folder


def conf(size: int, version: str = "0.34", compression: str = "false") -> bytes:
    """Spec sled §3."""
    body = f"segment_size: {size}\nuse_compression: {compression}\nversion: {version}\n".encode()
    return body + pack("<I", zlib.crc32(body))


def snapshot(stable: int, pages: Iterable[Sequence[tuple[int, int]]]) -> bytes:
    """Spec sled §6.

    :param pages: of each its items, (position, place in ``db``); none: it is free.
    """
    body = pack("<q", stable + 1) + b"\1" + b"".join(map(_page, pages))
    tail = body + pack("<Q", len(body))
    return tail + pack("<I", zlib.crc32(body))


def _page(items: Sequence[tuple[int, int]]) -> bytes:
    if not items:
        return b"\0" + _item(0, 0)
    return bytes([len(items)]) + b"".join(_item(*item) + b"\1" for item in items)


def _item(lsn: int, place: int) -> bytes:
    return pack("<q", lsn) + b"\0" + varint(place)
