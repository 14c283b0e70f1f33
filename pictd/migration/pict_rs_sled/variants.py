"""Derived files, and when they were last asked for."""

from __future__ import annotations

from collections.abc import Iterator

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.alongside import Alongside
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Item, Name, Trees, items
from pictd.model.carried import CarriedVariant

_PREFIX = forms.HASH.to_bytes(8, "big")
_SLASH = b"/"


class Variants:
    """The variants of originals, asked for by ascending hashes."""

    def __init__(self, trees: Trees, now: int, skips: Skips) -> None:
        """:param now: stands for accesses that were not recorded."""
        self._now = now
        self._skips = skips
        self._variants = Alongside(items(trees, Name.VARIANTS), skips)
        accesses = _of_hashes(items(trees, Name.VARIANT_ACCESSES), skips)
        self._accesses = Alongside(accesses, skips)

    def of(self, hash: bytes) -> list[CarriedVariant]:
        """:param hash: the 39 bytes; more than any before."""
        accesses = dict(self._accesses.of(hash))
        found = []
        for rest, value in self._variants.of(hash):
            accessed = self._moment(accesses.pop(rest.removeprefix(_SLASH), None))
            try:
                key = rest.removeprefix(_SLASH).decode()
                found.append(CarriedVariant(key, value.decode(), accessed))
            except UnicodeDecodeError:
                self._skips.add(Reason.VARIANT_UNREADABLE, hash + rest)
        for unmade in accesses:
            self._skips.add(Reason.ACCESS_WITHOUT_VARIANT, unmade)
        return found

    def end(self) -> None:
        """No more hashes come."""
        self._variants.end()
        self._accesses.end()

    def _moment(self, value: bytes | None) -> int:
        try:
            return self._now if value is None else forms.moment(value)
        except ValueError:
            return self._now


def _of_hashes(records: Iterator[Item], skips: Skips) -> Iterator[Item]:
    """Accesses, whose keys begin with the size of the hash, by the hash."""
    for key, value in records:
        if key.startswith(_PREFIX):
            yield key[len(_PREFIX) :], value
        else:
            skips.add(Reason.LEFT_OVER, key)
