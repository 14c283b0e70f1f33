"""All that a repo knows, in the values in which one repo hands it to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.records import HashRecord, Queue


@attrs.frozen
class CarriedProxy:
    """A remote URL in its normalised spelling, and the alias kept for it."""

    url: str
    alias: Alias
    accessed: int


@attrs.frozen
class CarriedVariant:
    """A derived file of one original."""

    key: str
    identifier: str
    accessed: int


@attrs.frozen
class CarriedOriginal:
    """A stored original, with all that hangs on it.

    :ivar aliases: may be empty.
    :ivar proxies: by URL, in the order of its text.
    :ivar variants: by key, in the order of its text.
    :ivar details: by identifier, of those that were measured.
    """

    record: HashRecord
    aliases: Mapping[Alias, DeleteToken] = attrs.field(repr=False)
    proxies: Sequence[CarriedProxy]
    variants: Sequence[CarriedVariant]
    details: Mapping[str, Details]

    def identifiers(self) -> Iterator[str]:
        """Of the original, its still frame and its variants."""
        yield self.record.identifier
        if self.record.motion is not None:
            yield self.record.motion
        yield from (variant.identifier for variant in self.variants)


@attrs.frozen
class CarriedJob:
    """Queued work; who is at work on it, and until when, is not carried.

    :ivar due: the moment from which it may be taken.
    """

    id: str
    queue: Queue
    payload: object
    due: int
    attempts_left: int
    unique_key: str | None = None


@attrs.frozen
class Tally:
    """How many there are of each kind, as far as they are carried."""

    originals: int = 0
    aliases: int = 0
    proxies: int = 0
    variants: int = 0
    uploads: int = 0
    jobs: int = 0
    settings: int = 0
