"""The page table: of which items each page consists (spec sled §8).

The items of a page lie packed in one byte string, sixteen bytes each, because a large database has
millions of them: a position in the log, then an offset in ``db``, or the complement of the number
of a blob. A page that is free has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

_ITEM = Struct("<qq")
_LSN = Struct("<q")
_LONG = 4096  # bytes


class PageTable:
    """Which items a page consists of: the first is its base, the others change it, in order."""

    def __init__(self) -> None:
        self._pages: dict[int, bytes | bytearray] = {}
        self._doubts: dict[int, bool] = {}
        self._general_doubt = 0

    def __len__(self) -> int:
        """Pages with a known state, the free ones included."""
        return len(self._pages)

    def free(self, page: int) -> None:
        """The page is of no use any more."""
        self._pages[page] = b""
        self._doubts.pop(page, None)

    def replace(self, page: int, lsn: int, place: int) -> None:
        """The page is this item, and nothing else."""
        self._pages[page] = _ITEM.pack(lsn, place)
        self._doubts.pop(page, None)

    def link(self, page: int, lsn: int, place: int) -> bool:
        """The page changes by this item. Where its base is not known, or newer, this is nothing to
        it (spec sled §9).

        :return: False: there is doubt whether this is its base, and the item is left out.
        """
        items = self._pages.get(page)
        if not items or _LSN.unpack_from(items, len(items) - _ITEM.size)[0] >= lsn:
            return True
        if self._doubts.get(page) or _LSN.unpack_from(items)[0] < self._general_doubt:
            return False
        self._pages[page] = _appended(items, _ITEM.pack(lsn, place))
        return True

    def doubt(self, page: int, base: bool) -> None:
        """A message of this page is lost. A new base ends that.

        :param base: it may have been a base: changes that come later are written for that one, and
            would turn into nonsense on an older.
        """
        self._doubts[page] = base or self._doubts.get(page, False)

    def doubt_all(self, lsn: int) -> None:
        """Bases of any pages may be lost that came before this position."""
        self._general_doubt = lsn

    def is_doubted(self, page: int) -> bool:
        """Whether the page is not what it would be without a loss."""
        items = self._pages.get(page)
        is_older = bool(items) and _LSN.unpack_from(items or b"")[0] < self._general_doubt
        return page in self._doubts or is_older

    def items(self, page: int) -> list[tuple[int, int]]:
        """(position, place) of each; none for a page that is free, or not known."""
        return list(_ITEM.iter_unpack(self._pages.get(page, b"")))

    def lost(self) -> int:
        """Pages below the highest one of which nothing is known."""
        return max(self._pages, default=-1) + 1 - len(self._pages)

    def lost_pages(self) -> Iterator[int]:
        """Their numbers, ascending."""
        numbers = range(max(self._pages, default=-1))
        return (page for page in numbers if page not in self._pages)


def _appended(items: bytes | bytearray, item: bytes) -> bytes | bytearray:
    """The compacter kind for the few items that pages have, unless one has very many."""
    if len(items) < _LONG:
        return bytes(items) + item
    longer = items if isinstance(items, bytearray) else bytearray(items)
    longer += item
    return longer
