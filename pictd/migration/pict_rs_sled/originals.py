"""Originals, and all that hangs on them (spec sled §11.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice

import attrs

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.alongside import Alongside
from pictd.migration.pict_rs_sled.naming import Naming
from pictd.migration.pict_rs_sled.shelf import Shelf
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Name, Trees, items
from pictd.migration.pict_rs_sled.variants import Variants
from pictd.model.carried import CarriedOriginal
from pictd.model.details import Details
from pictd.model.hashes import Hash
from pictd.model.records import HashRecord

Stored = Mapping[bytes, Sequence[bytes]]
"""Details as they are stored, by identifier."""

_AT_ONCE = 500
"""Originals."""


def originals(trees: Trees, now: int, skips: Skips) -> Iterator[CarriedOriginal]:
    """All of them, by their hashes, one at a time. Blocks, before the first for long.

    :param now: stands for accesses that were not recorded; nanoseconds since the epoch.
    :raise NoRoom: the folder for temporary files is full.
    """
    with (
        Naming(trees, now, skips) as naming,
        closing(Shelf(items(trees, Name.DETAILS))) as details,
    ):
        yield from _Reading(trees, now, skips, naming, details).all()


class _Reading:
    """The hashes, and alongside what is in their order."""

    def __init__(
        self, trees: Trees, now: int, skips: Skips, naming: Naming, details: Shelf
    ) -> None:
        self._hashes = items(trees, Name.HASHES)
        self._identifiers = Alongside(items(trees, Name.IDENTIFIERS), skips)
        self._motions = Alongside(items(trees, Name.MOTIONS), skips)
        self._blurhashes = Alongside(items(trees, Name.BLURHASHES), skips)
        self._variants = Variants(trees, now, skips)
        self._naming = naming
        self._details = details
        self._described = 0
        self._skips = skips

    def all(self) -> Iterator[CarriedOriginal]:
        """To the end, and the account of what is left over then."""
        while some := list(islice(self._hashes, _AT_ONCE)):
            self._naming.ahead([key for key, _ in some])
            found = [self._original(key, value) for key, value in some]
            yield from self._measured([each for each in found if each is not None])
        for each in (self._identifiers, self._motions, self._blurhashes, self._variants):
            each.end()
        self._naming.end()
        self._skips.add_many(Reason.DETAILS_WITHOUT_FILE, self._details.count - self._described)

    def _original(self, key: bytes, value: bytes) -> CarriedOriginal | None:
        identifier = _text(self._identifiers.value(key))
        motion, blurhash = self._motions.value(key), self._blurhashes.value(key)
        variants, (aliases, proxies) = self._variants.of(key), self._naming.of(key)
        try:
            hash, created = Hash.from_bytes(key), forms.moment(value)
        except ValueError:
            self._skips.add(Reason.HASH_UNREADABLE, key)
            return None
        if identifier is None:
            self._skips.add(Reason.HASH_WITHOUT_IDENTIFIER, hash.hex)
            return None
        record = HashRecord(hash, identifier, created, _text(blurhash), _text(motion))
        return CarriedOriginal(record, aliases, proxies, variants, {})

    def _measured(self, originals: Sequence[CarriedOriginal]) -> Iterator[CarriedOriginal]:
        """With the details of all their files."""
        files = [file.encode() for each in originals for file in each.identifiers()]
        stored = self._details.fetch(files)
        for each in originals:
            yield attrs.evolve(each, details=self._parsed(each.identifiers(), stored))

    def _parsed(self, identifiers: Iterable[str], stored: Stored) -> dict[str, Details]:
        found = {}
        for identifier in identifiers:
            for data in stored.get(identifier.encode(), ()):
                self._described += 1
                try:
                    found[identifier] = forms.details(data)
                except ValueError:
                    self._skips.add(Reason.DETAILS_UNREADABLE, identifier)
        return found


def _text(data: bytes | None) -> str | None:
    """What is not text is as good as not there."""
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None
