"""Queued jobs; those that were being worked on wait again (spec sled §11.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import attrs

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.payloads import Work
from pictd.migration.pict_rs_sled.shelf import Shelf
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Item, Name, Trees, items
from pictd.migration.pict_rs_sled.uploads import PENDING
from pictd.model.carried import CarriedJob
from pictd.model.records import Queue

_ATTEMPTS = 5
"""Where pict-rs has not counted them yet, none was made."""


def jobs(trees: Trees, now: int, skips: Skips) -> Iterator[CarriedJob]:
    """All of them, those of one queue in its order. Blocks.

    :param now: the moment from which those may be taken that tell none of their own.
    :raise NoRoom: the folder for temporary files is full.
    """
    turned = ((job, key) for key, job in items(trees, Name.UNIQUE_JOBS))
    with (
        closing(Shelf(turned)) as unique_keys,
        closing(Shelf(items(trees, Name.RETRIES))) as retries,
        closing(Shelf(items(trees, Name.UPLOADS))) as uploads,
    ):
        reading = _Reading(unique_keys, retries, uploads, now)
        for item in items(trees, Name.QUEUE):
            try:
                yield reading.job(item, skips)
            except ValueError:
                skips.add(Reason.JOB_UNREADABLE, item[0])


@attrs.frozen
class _Reading:
    """What is known of jobs beside what they are to do."""

    unique_keys: Shelf
    retries: Shelf
    uploads: Shelf
    now: int

    def job(self, item: Item, skips: Skips) -> CarriedJob:
        """:raise ValueError: it can't be read."""
        key, work = item[0], Work.parse(item)
        due = forms.born(work.id) or self.now
        order = work.order
        if order is not None and self._is_done(order.upload):
            skips.add(Reason.JOB_DONE, work.id)
            return _clean_up(work.id, order.identifier, due)
        attempts = _number(self.retries.of(key), _ATTEMPTS)
        unique = next(iter(self.unique_keys.of(key)), None)
        name = None if unique is None else unique.decode()
        return CarriedJob(work.id, work.queue, work.payload, due, attempts, name)

    def _is_done(self, upload: bytes) -> bool:
        """The server died between the result and the end of the job: a second attempt would find
        no bytes, and make a failure of the result."""
        return any(value != PENDING for value in self.uploads.of(upload))


def _clean_up(id: str, identifier: str, due: int) -> CarriedJob:
    """Raw bytes may still be there."""
    payload = {"Identifier": {"identifier": identifier}}
    return CarriedJob(id, Queue.CLEANUP, payload, due, _ATTEMPTS)


def _number(values: list[bytes], default: int) -> int:
    """Eight bytes, big-endian; at least one attempt is left, or the job would not be there."""
    if not values or len(values[0]) != 8:
        return default
    return min(max(int.from_bytes(values[0], "big"), 1), default)
