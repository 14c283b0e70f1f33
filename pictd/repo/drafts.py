"""Putting together what hangs on one original, from rows of several tables."""

from __future__ import annotations

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.model.carried import CarriedOriginal, CarriedProxy, CarriedVariant
from pictd.model.details import Details
from pictd.model.records import HashRecord


@attrs.define
class Draft:
    """An original to which rows are being added, in any order."""

    record: HashRecord
    aliases: dict[Alias, DeleteToken] = attrs.field(factory=dict)
    proxies: list[CarriedProxy] = attrs.field(factory=list)
    variants: list[CarriedVariant] = attrs.field(factory=list)
    details: dict[str, Details] = attrs.field(factory=dict)

    def name(self, alias: str, token: str) -> None:
        """Add an alias."""
        self.aliases[Alias.spelled(alias)] = DeleteToken(token)

    def relate(self, url: str, alias: str, accessed: int) -> None:
        """Add a remote URL."""
        self.proxies.append(CarriedProxy(url, Alias.spelled(alias), accessed))

    def vary(self, key: str, identifier: str, accessed: int) -> None:
        """Add a variant."""
        self.variants.append(CarriedVariant(key, identifier, accessed))

    def describe(self, identifier: str | None, details: Details | None) -> None:
        """Add the details of one of its identifiers, where they are known."""
        if identifier is not None and details is not None:
            self.details[identifier] = details

    def finished(self) -> CarriedOriginal:
        """Nothing is added after this."""
        self.proxies.sort(key=lambda proxy: proxy.url)
        self.variants.sort(key=lambda variant: variant.key)
        return CarriedOriginal(self.record, self.aliases, self.proxies, self.variants, self.details)
