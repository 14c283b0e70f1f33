"""Queued uploads, until they are ingested, and until they are claimed (spec sled §11.4)."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.payloads import Order, orders
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Name, Trees, items
from pictd.model.uploads import Upload, Uploaded, UploadResult, result_from_json

PENDING = b"1"
"""What pict-rs has in place of a result that is still to come."""


def uploads(trees: Trees, now: int, skips: Skips) -> Iterator[Upload]:
    """All of them. Blocks. Those that are pending are in memory meanwhile.

    A job whose upload is not on record gets one: else its raw bytes would stay for good.

    :param now: stands for when they were queued, where nothing tells.
    """
    waiting = {order.upload: order for order in orders(trees)}
    for id, value in items(trees, Name.UPLOADS):
        order = waiting.pop(id, None)
        try:
            upload = _pending(order, now) if value == PENDING else _done(id, value, now)
        except ValueError:
            skips.add(Reason.UPLOAD_UNREADABLE, id)
            continue
        if upload is None:
            skips.add(Reason.UPLOAD_WITHOUT_JOB, id)
        else:
            yield upload
    yield from filter(None, (_pending(order, now) for order in waiting.values()))


def _pending(order: Order | None, now: int) -> Upload | None:
    if order is None:
        return None
    return Upload(forms.id_text(order.upload), order.identifier, order.born or now)


def _done(id: bytes, value: bytes, now: int) -> Upload:
    return Upload(forms.id_text(id), None, now, _repaired(result_from_json(forms.parsed(value))))


def _repaired(result: UploadResult) -> UploadResult:
    """With the names that clients may use."""
    if not isinstance(result, Uploaded):
        return result
    alias, token = str(result.alias), result.token.text
    return attrs.evolve(result, alias=forms.alias_text(alias), token=forms.token_text(token))
