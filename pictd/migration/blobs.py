"""All bytes that a repo refers to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

import attrs

from pictd.interfaces.repos import IRecords
from pictd.model.carried import CarriedOriginal
from pictd.model.formats import Format
from pictd.model.hashes import Hash

PAGE = 200
"""Originals, or queued uploads."""

UNKNOWN_TYPE = "application/octet-stream"
_TYPES = {each.extension: each.media_type for each in Format}


@attrs.frozen
class Blob:
    """The bytes of one identifier.

    :ivar hash: what they must be; None where nothing but the repo's word is known of them.
    :ivar is_counted: whether it is among what a tally of the repo counts.
    """

    identifier: str
    media_type: str
    hash: Hash | None = None
    is_counted: bool = True


async def blobs(records: IRecords, page: int = PAGE) -> AsyncIterator[Sequence[Blob]]:
    """Those of originals with their still frames and variants, then those of pending uploads; some
    at a time. What is there from beginning to end comes once.

    :param page: originals, or uploads, to ask for at a time.
    """
    last: Hash | None = None
    while originals := await records.originals(last, page):
        yield [blob for each in originals for blob in _of_original(each)]
        last = originals[-1].record.hash
    id: str | None = None
    while uploads := await records.uploads(id, page):
        raw = (upload.identifier for upload in uploads)
        yield [Blob(each, UNKNOWN_TYPE, is_counted=False) for each in raw if each is not None]
        id = uploads[-1].id


def _of_original(original: CarriedOriginal) -> Iterator[Blob]:
    hash = original.record.hash
    first, *derived = original.identifiers()
    yield Blob(first, hash.format.media_type, hash)
    for identifier in derived:
        details = original.details.get(identifier)
        measured = None if details is None else details.content_type
        is_counted = identifier != original.record.motion
        yield Blob(identifier, measured or _type_of(identifier), is_counted=is_counted)


def _type_of(identifier: str) -> str:
    """By its extension, where it was never measured."""
    return _TYPES.get("." + identifier.rpartition(".")[2].lower(), UNKNOWN_TYPE)
