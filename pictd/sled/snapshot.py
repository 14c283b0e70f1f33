"""The snapshot: the page table as it was at one position of the log (spec sled §6)."""

from __future__ import annotations

import zlib

import attrs

from pictd.sled.damage import Finding
from pictd.sled.failures import Malformed
from pictd.sled.files import Folder
from pictd.sled.integers import i64, u32, varint
from pictd.sled.ledger import Ledger
from pictd.sled.table import PageTable

_PREFIX = "snap."
_UNFINISHED = ".generating"
_TAIL = 12  # size of the body, and checksum
_BLOB = 1
_SIZE = 8
_MOST = 2**63 - 1


@attrs.frozen
class Snapshot:
    """:ivar stable: everything before this position is in the table; None: nothing is."""

    table: PageTable = attrs.field(factory=PageTable)
    stable: int | None = None


def newest(folder: Folder, ledger: Ledger) -> Snapshot:
    """The log alone says all that a snapshot does, so that a damaged one is but noted.

    :raise SledFailure: it can't be read.
    """
    names = [n for n in folder.names() if n.startswith(_PREFIX) and not n.endswith(_UNFINISHED)]
    if not names:
        return Snapshot()
    try:
        return _parsed(folder.content(max(names)) or b"")
    except Malformed as error:
        ledger.add(Finding.SNAPSHOT_IGNORED, f"{max(names)}: {error}")
        return Snapshot()


def _parsed(data: bytes) -> Snapshot:
    if len(data) < _TAIL or zlib.crc32(memoryview(data)[:-_TAIL]) != u32(data, len(data) - 4):
        raise Malformed("its checksum is wrong")
    body = data[:-_TAIL]
    if i64(data, len(body)) != len(body):
        raise Malformed("its size is wrong")
    stable = i64(body, 0)
    if stable < 0:
        raise Malformed("it is of an impossible position")
    _, at = varint(body, _SIZE)
    return Snapshot(_pages(body, at), stable - 1 if stable else None)


def _pages(body: bytes, at: int) -> PageTable:
    table, page = PageTable(), 0
    while at < len(body):
        at = _page(body, at, page, table)
        page += 1
    return table


def _page(body: bytes, at: int, page: int, table: PageTable) -> int:
    """:return: where the next page starts."""
    count = body[at]
    if not count:
        table.free(page)
        return _item(body, at + 1)[2]
    lsn, place, at = _item(body, at + 1)
    table.replace(page, lsn, place)
    _, at = varint(body, at)
    for _ in range(count - 1):
        lsn, place, at = _item(body, at)
        table.link(page, lsn, place)
        _, at = varint(body, at)
    return at


def _item(body: bytes, at: int) -> tuple[int, int, int]:
    """(position, place, end); a place is as in the page table."""
    lsn = i64(body, at)
    if at + _SIZE >= len(body):
        raise Malformed("a page is cut short")
    in_blob = body[at + _SIZE] == _BLOB
    place, at = varint(body, at + _SIZE + 1)
    if in_blob:
        place, at = i64(body, at), at + _SIZE
    if not 0 <= place <= _MOST:
        raise Malformed("a page lies where nothing can be")
    return lsn, ~place if in_blob else place, at
