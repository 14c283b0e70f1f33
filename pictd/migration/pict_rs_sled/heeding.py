"""A database that stops to tell anything where nobody wants it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import attrs

from pictd.migration.pict_rs_sled.failures import TakeoverImpossible
from pictd.migration.pict_rs_sled.trees import Item, Records, Trees

_AT_ONCE = 100
"""Records."""


class Abandoned(TakeoverImpossible):
    """Reading was told to end."""

    text = "Taking over pict-rs's database was broken off; the next start begins again"


@attrs.frozen
class Heeding:
    """The ``Trees`` of a database.

    :ivar is_ended: asked before each handful of records.
    """

    inner: Trees
    is_ended: Callable[[], bool]

    def trees(self) -> Sequence[bytes]:
        """See ``Trees``."""
        return self.inner.trees()

    def tree(self, name: bytes) -> Records:
        """See ``Trees``; its items raise ``Abandoned`` at the end."""
        return _HeedingRecords(self.inner.tree(name), self.is_ended)


@attrs.frozen
class _HeedingRecords:
    inner: Records
    is_ended: Callable[[], bool]

    def items(self) -> Iterator[Item]:
        """See ``Records``."""
        walk = self.inner.items()
        while some := list(islice(walk, _AT_ONCE)):
            if self.is_ended():
                raise Abandoned
            yield from some
