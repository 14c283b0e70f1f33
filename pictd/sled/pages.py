"""Reads pages by their items (spec sled §8.4)."""

from __future__ import annotations

from pictd.sled.blobs import Blobs
from pictd.sled.damage import Finding
from pictd.sled.failures import Malformed
from pictd.sled.integers import string, varint
from pictd.sled.ledger import Ledger
from pictd.sled.messages import RED_ZONE, Kind, Message, header, is_intact
from pictd.sled.nodes import Node, apply, node
from pictd.sled.segments import Log
from pictd.sled.table import PageTable

_META_PAGE = 0
_AT_ONCE = 4096  # bytes; few messages are longer
_OF_BLOB: dict[int, Kind] = {
    Kind.META_BLOB: Kind.META,
    Kind.NODE_BLOB: Kind.NODE,
    Kind.LINK_BLOB: Kind.LINK,
}


class Pages:
    """The pages of a database; ``ledger`` learns what they have lost."""

    def __init__(self, log: Log, blobs: Blobs, table: PageTable, ledger: Ledger) -> None:
        self.ledger = ledger
        self.log = log
        self.blobs = blobs
        self.table = table

    def roots(self) -> dict[bytes, int]:
        """The trees by name, and the root page of each.

        :raise Malformed: the page that tells them is unreadable.
        """
        lsn, place = self._items(_META_PAGE)[0]
        body, found, at = self._body(_META_PAGE, lsn, place, Kind.META), {}, 0
        while at < len(body):
            name, at = string(body, at)
            found[name], at = varint(body, at)
        return found

    def node(self, page: int) -> Node:
        """A link that is unreadable is left out, and is damage.

        :raise Malformed: the page is unreadable.
        """
        (lsn, place), *links = self._items(page)
        found = node(self._body(page, lsn, place, Kind.NODE))
        for lsn, place in links:
            try:
                apply(self._body(page, lsn, place, Kind.LINK), found)
            except Malformed as error:
                where = f"a change to page {page} at position {lsn}: {error}"
                self.ledger.add(Finding.TREE, where)
        return found

    def _items(self, page: int) -> list[tuple[int, int]]:
        items = self.table.items(page)
        if not items:
            raise Malformed(f"page {page} is missing")
        return items

    def _body(self, page: int, lsn: int, place: int, kind: Kind) -> bytes:
        """:raise Malformed: it is not the body of a message of this kind for this page."""
        if place < 0:
            stored, body = self.blobs.content(~place)
            if _OF_BLOB.get(stored) != kind:
                raise Malformed(f"the blob {~place} is another")
            return body
        data, message = self._message(place)
        if (message.kind, message.segment, message.page) != (kind, lsn // self.log.size, page):
            raise Malformed(f"another message is at {place} of db")
        return data[message.start : message.end]

    def _message(self, place: int) -> tuple[bytes, Message]:
        data = self.log.file.read(place, _AT_ONCE) + bytes(RED_ZONE)
        claimed = header(data, 0)
        if claimed is None or claimed.end > self.log.size:
            raise Malformed(f"no message is at {place} of db")
        if claimed.end > _AT_ONCE:
            data = self.log.file.read(place, claimed.end)
        if claimed.end > len(data) or not is_intact(memoryview(data), 0, claimed):
            raise Malformed(f"the message at {place} of db is unreadable")
        return data, claimed
