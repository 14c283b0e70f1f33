"""What of pict-rs's database is not carried, or is carried otherwise than it stood there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum

import attrs

_NAMED = 20
"""Records of one reason that are named; beyond them they are only counted."""


class Reason(Enum):
    """Why; the value says it to people."""

    HASH_UNREADABLE = "hashes that are none, or of an unknown format"
    HASH_WITHOUT_IDENTIFIER = "originals whose files pict-rs has lost"
    ALIAS_UNREADABLE = "aliases that are neither text nor a UUID"
    ALIAS_WITHOUT_HASH = "aliases of no file"
    ALIAS_WITHOUT_TOKEN = "aliases without a delete token: they get a new one, which nobody knows"
    ALIAS_TAKEN_FOR_UUID = "aliases that might be text, and were taken for UUIDs"
    VARIANT_UNREADABLE = "variants whose keys or identifiers are not text"
    LEFT_OVER = "records of hashes that are no longer there"
    ACCESS_WITHOUT_VARIANT = "accesses to variants that are not there"
    DETAILS_UNREADABLE = "details that don't parse: the files will be measured anew"
    DETAILS_WITHOUT_FILE = "details of files that belong to nothing, as duplicates leave them"
    PROXY_UNREADABLE = "proxied URLs that are not text"
    PROXY_WITHOUT_ALIAS = "proxied URLs whose alias is no longer there"
    SETTING_UNKNOWN = "settings without a meaning here"
    UPLOAD_UNREADABLE = "queued uploads that don't parse"
    UPLOAD_WITHOUT_JOB = "pending uploads that no job is going to complete"
    JOB_UNREADABLE = "jobs that don't parse"
    JOB_DONE = "jobs of uploads that are done"
    TREE_UNKNOWN = "trees of an unknown meaning"


@attrs.frozen
class Skipped:
    """The account.

    :ivar counts: records by reason, in full.
    :ivar examples: of each reason a few, by key.
    """

    counts: Mapping[Reason, int]
    examples: Mapping[Reason, Sequence[str]]


class Skips:
    """Keeps the account while records are read."""

    def __init__(self) -> None:
        self._counts: Counter[Reason] = Counter()
        self._examples: dict[Reason, list[str]] = {}

    def add(self, reason: Reason, key: bytes | str) -> None:
        """:param key: of the record; as text where it is some."""
        self._counts[reason] += 1
        examples = self._examples.setdefault(reason, [])
        if len(examples) < _NAMED:
            examples.append(key if isinstance(key, str) else _shown(key))

    def add_many(self, reason: Reason, count: int) -> None:
        """Records that can only be counted."""
        if count > 0:
            self._counts[reason] += count

    @property
    def account(self) -> Skipped:
        """As of now; it does not change any more."""
        return Skipped(dict(self._counts), {k: tuple(v) for k, v in self._examples.items()})


def _shown(key: bytes) -> str:
    text = key.decode(errors="replace")
    return text if text.isprintable() and "\ufffd" not in text else key.hex()
