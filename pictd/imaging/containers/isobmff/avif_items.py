"""Stills inside AVIF and HEIC: items of a ``meta`` box (ISO/IEC 14496-12 §8.11, 23008-12 §6).

Read: the primary item, the tiles it is made of, and what gives them transparency. Everything else
in the box (EXIF, XMP, thumbnails, gain maps, unknown items) is not even looked at. Written: the
same items, numbered from 1 on, with names gone.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import attrs

from pictd.imaging.containers.isobmff.avif_properties import is_alpha, kept_property
from pictd.imaging.containers.isobmff.boxes import Box, box, boxes, first, full_box, required
from pictd.imaging.containers.pieces import numbers, piece
from pictd.imaging.failures import Unreadable, Unsupported

_CODED, _GRID = b"av01", b"grid"
_REFERENCES = (b"auxl", b"dimg", b"prem")


@attrs.frozen
class Item:
    """A coded picture, or a grid of them.

    :ivar properties: (essential, property) in their order.
    :ivar references: (type, positions in the list of items).
    """

    kind: bytes
    hidden: bool
    data: bytes = attrs.field(repr=False)
    properties: Sequence[tuple[bool, Box]]
    references: Sequence[tuple[bytes, Sequence[int]]] = ()

    def property(self, kind: bytes) -> Box | None:
        """The first property of this type."""
        return first((each for _, each in self.properties), kind)


@attrs.frozen
class _Tables:
    """The tables of a ``meta`` box, by item number."""

    kinds: Mapping[int, tuple[bytes, bool]]
    references: Mapping[int, Sequence[tuple[bytes, Sequence[int]]]]
    properties: Mapping[int, Sequence[tuple[bool, Box]]]


def read_items(data: bytes, meta: Box, coded: bytes = _CODED) -> list[Item]:
    """The items that make the picture, the primary one first.

    :param data: the whole file.
    :param coded: the type of items that are coded pictures.
    :raise Unreadable: broken, or an item is not in the file.
    :raise Unsupported: the picture is coded or composed in another way.
    """
    found = boxes(meta.body, 4)
    pitm = required(found, b"pitm")
    (primary,) = pitm.fields("H" if pitm.version == 0 else "I")
    tables = _tables(found)
    numbers_ = _needed(primary, tables, coded)
    extents = _extents(required(found, b"iloc"))
    contents = _contents(data, first(found, b"idat"), extents, numbers_)
    positions = {number: at for at, number in enumerate(numbers_)}
    return [
        Item(
            *tables.kinds[number],
            contents[number],
            tables.properties.get(number, ()),
            _kept_references(tables.references.get(number, ()), positions),
        )
        for number in numbers_
    ]


def write_items(items: Sequence[Item], places: Sequence[int]) -> bytes:
    """The ``meta`` box.

    :param places: where in the file each item's data begins.
    """
    return full_box(
        b"meta",
        0,
        0,
        full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", 0, 0, struct.pack(">H", 1)),
        _locations(items, places),
        _infos(items),
        _references(items),
        _properties(items),
    )


def _tables(found: Sequence[Box]) -> _Tables:
    iprp = boxes(required(found, b"iprp").body)
    iref = first(found, b"iref")
    return _Tables(
        _kinds(required(found, b"iinf")),
        _reference_table(iref) if iref else {},
        _property_table(iprp),
    )


def _kinds(iinf: Box) -> dict[int, tuple[bytes, bool]]:
    kinds = {}
    for each in boxes(iinf.body, 6 if iinf.version == 0 else 8):
        if each.kind == b"infe" and each.version in (2, 3):
            layout, at = ("H", 8) if each.version == 2 else ("I", 10)
            (number,) = each.fields(layout)
            kinds[number] = (piece(each.body, at, 4), bool(each.body[3] & 1))
    return kinds


def _reference_table(iref: Box) -> dict[int, list[tuple[bytes, Sequence[int]]]]:
    table: dict[int, list[tuple[bytes, Sequence[int]]]] = {}
    letter, size = ("H", 2) if iref.version == 0 else ("I", 4)
    for each in boxes(iref.body, 4):
        source, count = each.fields(letter + "H", 0)
        targets = each.fields(f"{count}{letter}", size + 2)
        table.setdefault(source, []).append((each.kind, targets))
    return table


def _property_table(iprp: Sequence[Box]) -> dict[int, list[tuple[bool, Box]]]:
    known = [kept_property(each) for each in boxes(required(iprp, b"ipco").body)]
    table: dict[int, list[tuple[bool, Box]]] = {}
    for ipma in (each for each in iprp if each.kind == b"ipma"):
        wide = ipma.body[3] & 1
        (count,), at = ipma.fields("I"), 8
        for _ in range(count):
            layout = ">HB" if ipma.version == 0 else ">IB"
            number, links = numbers(layout, ipma.body, at)
            at += struct.calcsize(layout)
            indices = numbers(f">{links}{'H' if wide else 'B'}", ipma.body, at)
            at += links * (2 if wide else 1)
            table.setdefault(number, []).extend(_linked(known, indices, 15 if wide else 7))
    return table


def _linked(
    known: Sequence[Box | None], indices: Sequence[int], bits: int
) -> list[tuple[bool, Box]]:
    found = []
    for value in indices:
        index = value & (1 << bits) - 1
        kept = known[index - 1] if 0 < index <= len(known) else None
        if kept is not None:
            found.append((bool(value >> bits), kept))
    return found


def _needed(primary: int, tables: _Tables, coded: bytes) -> list[int]:
    """Item numbers: the primary, its tiles, and the transparency of each."""
    order = [primary]
    seen, alphas = {primary}, _alphas(tables)
    for number in order:
        kind = tables.kinds.get(number, (b"", False))[0]
        if kind not in (coded, _GRID):
            raise _wrong_kind(kind)
        wanted = [*alphas.get(number, ())]
        for name, targets in tables.references.get(number, ()):
            wanted += targets if name == b"dimg" and kind == _GRID else ()
        order += [n for n in dict.fromkeys(wanted) if n not in seen]
        seen.update(wanted)
    return order


def _wrong_kind(kind: bytes) -> Exception:
    if not kind:
        return Unreadable("the file is broken: its picture is missing")
    return Unsupported(
        f"a picture of the type {kind.decode('latin-1')} is not taken in this kind of file"
    )


def _alphas(tables: _Tables) -> dict[int, list[int]]:
    """Numbers of items that are the transparency of an item."""
    found: dict[int, list[int]] = {}
    for number, references in tables.references.items():
        if not any(is_alpha(each) for _, each in tables.properties.get(number, ())):
            continue
        for target in (t for name, targets in references if name == b"auxl" for t in targets):
            found.setdefault(target, []).append(number)
    return found


def _kept_references(
    references: Sequence[tuple[bytes, Sequence[int]]], positions: Mapping[int, int]
) -> list[tuple[bytes, Sequence[int]]]:
    kept = [
        (name, [positions[n] for n in targets if n in positions])
        for name, targets in references
        if name in _REFERENCES
    ]
    return sorted((name, targets) for name, targets in kept if targets)


Extents = Sequence[tuple[int, int]]


def _extents(iloc: Box) -> dict[int, tuple[int, Extents]]:
    """By item: (how its place is given, (offset, length) of its parts)."""
    version, (sizes,) = iloc.version, iloc.fields("H")
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    index = index if version else 0
    (count,), at = iloc.fields("H" if version < 2 else "I", 6), 8 if version < 2 else 10
    table: dict[int, tuple[int, Extents]] = {}
    for _ in range(count):
        at, number = _number(iloc.body, at, 2 if version < 2 else 4)
        at, method = _number(iloc.body, at, 2 if version else 0)
        at, origin = _number(iloc.body, at + 2, base)
        at, parts = _number(iloc.body, at, 2)
        extents = []
        for _ in range(parts):
            at, start = _number(iloc.body, at + index, offset)
            at, size = _number(iloc.body, at, length)
            extents.append((origin + start, size))
        table[number] = (method & 15, extents)
    return table


def _number(data: bytes, at: int, size: int) -> tuple[int, int]:
    """(where it ends, a number of ``size`` bytes)."""
    return at + size, int.from_bytes(piece(data, at, size), "big")


def _contents(
    data: bytes,
    idat: Box | None,
    extents: Mapping[int, tuple[int, Extents]],
    wanted: Sequence[int],
) -> dict[int, bytes]:
    sources = {0: data, 1: idat.body if idat else b""}
    left, contents = 2 * len(data), {}
    for number in wanted:
        method, parts = extents.get(number, (2, ()))
        left -= sum(size for _, size in parts)
        if method not in sources or not parts or left < 0 or not all(size for _, size in parts):
            raise Unreadable("the file is broken: the data of its picture is missing")
        contents[number] = b"".join(piece(sources[method], *part) for part in parts)
    return contents


def _locations(items: Sequence[Item], places: Sequence[int]) -> bytes:
    rows = [
        struct.pack(">HHHII", n, 0, 1, place, len(item.data))
        for n, (item, place) in enumerate(zip(items, places, strict=True), 1)
    ]
    return full_box(b"iloc", 0, 0, struct.pack(">HH", 0x4400, len(items)), *rows)


def _infos(items: Sequence[Item]) -> bytes:
    rows = [
        full_box(b"infe", 2, int(item.hidden), struct.pack(">HH", n, 0), item.kind, b"\0")
        for n, item in enumerate(items, 1)
    ]
    return full_box(b"iinf", 0, 0, struct.pack(">H", len(items)), *rows)


def _references(items: Sequence[Item]) -> bytes:
    rows = [
        box(name, struct.pack(f">HH{len(to)}H", n, len(to), *(each + 1 for each in to)))
        for n, item in enumerate(items, 1)
        for name, to in item.references
    ]
    return full_box(b"iref", 0, 0, *rows) if rows else b""


def _properties(items: Sequence[Item]) -> bytes:
    every = list(dict.fromkeys(each for item in items for _, each in item.properties))
    index = {each: n for n, each in enumerate(every, 1)}
    rows = [
        struct.pack(
            f">HB{len(item.properties)}H",
            n,
            len(item.properties),
            *(essential << 15 | index[each] for essential, each in item.properties),
        )
        for n, item in enumerate(items, 1)
    ]
    ipco = box(b"ipco", *(box(each.kind, each.body) for each in every))
    return box(b"iprp", ipco, full_box(b"ipma", 0, 1, struct.pack(">I", len(items)), *rows))
