"""The trees of pict-rs's database, and what is expected of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Protocol

Item = tuple[bytes, bytes]
"""Key and value."""


class Records(Protocol):
    """The records of one tree."""

    def items(self) -> Iterator[Item]:
        """By ascending keys; none, if there is no such tree."""


class Trees(Protocol):
    """A database of named trees."""

    def trees(self) -> Sequence[bytes]:
        """The names of those that are there."""

    def tree(self, name: bytes) -> Records:
        """One that is not there is empty."""


class Name(Enum):
    """The trees that facts are taken from; values are stored data (spec sled §11.1)."""

    HASHES = b"pict-rs-hashes-tree"
    IDENTIFIERS = b"pict-rs-hash-identifiers-tree"
    MOTIONS = b"pict-rs-hash-motion-identifiers-tree"
    BLURHASHES = b"pict-rs-hash-blurhashes-tree"
    VARIANTS = b"pict-rs-hash-variant-identifiers-tree"
    VARIANT_ACCESSES = b"pict-rs-variant-access-tree"
    DETAILS = b"pict-rs-identifier-details-tree"
    ALIASES = b"pict-rs-alias-hashes-tree"
    TOKENS = b"pict-rs-alias-delete-tokens-tree"
    PROXIES = b"pict-rs-proxy-tree"
    ALIAS_ACCESSES = b"pict-rs-alias-access-tree"
    SETTINGS = b"pict-rs-settings-tree"
    UPLOADS = b"pict-rs-uploads-tree"
    QUEUE = b"pict-rs-queue-tree"
    RETRIES = b"pict-rs-job-retries-tree"
    UNIQUE_JOBS = b"pict-rs-unique-jobs-tree"
    MOVED = b"pict-rs-migration-identifiers-tree"


WITHOUT_FACTS = frozenset(
    (
        b"__sled__default",
        b"pict-rs-aliases-tree",
        b"pict-rs-hash-aliases-tree",
        b"pict-rs-hashes-inverse-tree",
        b"pict-rs-healthz-tree",
        b"pict-rs-inverse-alias-access-tree",
        b"pict-rs-inverse-proxy-tree",
        b"pict-rs-inverse-variant-access-tree",
        b"pict-rs-job-state-tree",
        b"pict-rs-unique-jobs-inverse-tree",
    )
)
"""Trees that say nothing that others do not."""


def items(trees: Trees, name: Name) -> Iterator[Item]:
    """The records of a tree, by ascending keys."""
    return trees.tree(name.value).items()
