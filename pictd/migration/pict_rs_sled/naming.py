"""Aliases, their tokens, and the URLs that are proxied under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from uuid import uuid4

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.shelf import Shelf
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Item, Name, Trees, items
from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedProxy


class Naming:
    """Tells the names of originals, in any order, some at a time. A context manager."""

    def __init__(self, trees: Trees, now: int, skips: Skips) -> None:
        """:param now: stands for accesses that were not recorded."""
        self._now = now
        self._skips = skips
        self._named = self._proxied = 0
        with ExitStack() as opened:
            self._aliases = _laid(opened, _turned(items(trees, Name.ALIASES)))
            self._tokens = _laid(opened, items(trees, Name.TOKENS))
            self._urls = _laid(opened, _turned(items(trees, Name.PROXIES)))
            self._accesses = _laid(opened, items(trees, Name.ALIAS_ACCESSES))
            self._opened = opened.pop_all()
        self.ahead([])

    def __enter__(self) -> Naming:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def ahead(self, hashes: Sequence[bytes]) -> None:
        """These are asked for next, and no others."""
        self._names_of = self._aliases.fetch(hashes)
        names = [name for found in self._names_of.values() for name in found]
        self._tokens_of = self._tokens.fetch(names)
        self._urls_of = self._urls.fetch(names)
        self._accesses_of = self._accesses.fetch(list(self._urls_of))

    def of(self, hash: bytes) -> tuple[dict[Alias, DeleteToken], list[CarriedProxy]]:
        """Aliases with their tokens, and proxied URLs.

        :param hash: the 39 bytes.
        """
        aliases: dict[Alias, DeleteToken] = {}
        proxies: list[CarriedProxy] = []
        for data in self._names_of.get(hash, ()):
            self._named += 1
            alias = self._alias(data)
            if alias is not None:
                aliases[alias] = self._token(data)
                proxies += self._proxies(data, alias)
        return aliases, proxies

    def end(self) -> None:
        """No more hashes come: count what was not asked for."""
        self._skips.add_many(Reason.ALIAS_WITHOUT_HASH, self._aliases.count - self._named)
        self._skips.add_many(Reason.PROXY_WITHOUT_ALIAS, self._urls.count - self._proxied)

    def _alias(self, data: bytes) -> Alias | None:
        try:
            alias = forms.alias(data)
        except ValueError:
            self._skips.add(Reason.ALIAS_UNREADABLE, data)
            return None
        if forms.is_ambiguous(data):
            self._skips.add(Reason.ALIAS_TAKEN_FOR_UUID, str(alias))
        return alias

    def _token(self, data: bytes) -> DeleteToken:
        for token in self._tokens_of.get(data, ()):
            try:
                return forms.token(token)
            except ValueError:
                break
        self._skips.add(Reason.ALIAS_WITHOUT_TOKEN, data)
        return DeleteToken(str(uuid4()))

    def _proxies(self, data: bytes, alias: Alias) -> Iterator[CarriedProxy]:
        for url in self._urls_of.get(data, ()):
            self._proxied += 1
            try:
                yield CarriedProxy(url.decode(), alias, self._accessed(data))
            except UnicodeDecodeError:
                self._skips.add(Reason.PROXY_UNREADABLE, url)

    def _accessed(self, data: bytes) -> int:
        for value in self._accesses_of.get(data, ()):
            try:
                return forms.moment(value)
            except ValueError:
                break
        return self._now


def _laid(opened: ExitStack, records: Iterator[Item]) -> Shelf:
    return opened.enter_context(closing(Shelf(records)))


def _turned(records: Iterator[Item]) -> Iterator[Item]:
    """By value, instead of by key."""
    return ((value, key) for key, value in records)
