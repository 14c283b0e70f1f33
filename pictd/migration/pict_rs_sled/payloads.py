"""The payloads of pict-rs's jobs (spec storage §7.3, §7.4)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import attrs

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.trees import Item, Name, Trees, items
from pictd.model.records import Queue

_ID = 16  # bytes


@attrs.frozen
class Work:
    """A job as it stands in the queue.

    :ivar id: a UUID.
    """

    id: str
    queue: Queue
    payload: object

    @classmethod
    def parse(cls, item: Item) -> Work:
        """:raise ValueError: not a job."""
        key, value = item
        queue = Queue(key[:-_ID].decode())
        return cls(str(UUID(bytes=key[-_ID:])), queue, _repaired(forms.parsed(value)))

    @property
    def order(self) -> Order | None:
        """What a job that ingests an upload is to do; None: it is of another kind.

        :raise ValueError: it says nothing that can be done.
        """
        match self.payload:
            case {"Ingest": {"identifier": str(identifier), "upload_id": str(upload)}}:
                return Order(UUID(upload).bytes, identifier, forms.born(self.id))
            case {"Ingest": _}:
                raise ValueError("an upload without an id or bytes")
        return None


@attrs.frozen
class Order:
    """An upload that is to be ingested.

    :ivar upload: its id, 16 bytes.
    :ivar identifier: of its raw bytes.
    :ivar born: the moment when it was queued; None: nothing tells.
    """

    upload: bytes
    identifier: str
    born: int | None


def orders(trees: Trees) -> Iterator[Order]:
    """Those of all jobs that can be read."""
    for item in items(trees, Name.QUEUE):
        try:
            order = Work.parse(item).order
        except ValueError:
            continue
        if order is not None:
            yield order


def _repaired(payload: object) -> object:
    """With aliases as clients know them."""
    match payload:
        case {"Alias": {"alias": str(alias), "token": str(token)}}:
            names = {"alias": str(forms.alias_text(alias)), "token": forms.token_text(token).text}
            return {"Alias": names}
        case {"Generate": {"source": str(source), **rest}}:
            return {"Generate": {**rest, "source": str(forms.alias_text(source))}}
        case {"Ingest": {"declared_alias": str(declared), **rest}}:
            return {"Ingest": {**rest, "declared_alias": str(forms.alias_text(declared))}}
    return payload
