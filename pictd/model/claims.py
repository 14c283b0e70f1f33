"""Claims: who does what only one process at a time should do."""

from __future__ import annotations

from hashlib import sha256

import attrs

from pictd.model.hashes import Hash
from pictd.model.times import SECOND

VOID_AFTER = 30 * SECOND
"""Nanoseconds after which a claim that was not renewed is void: as long as the lease of a job, so
that whatever a dead process was at is taken over within half a minute. Claims are renewed every
five seconds, by pict-rs too, which waits two minutes: a holder may miss a few beats, or its clock
go wrong by some seconds, before it is taken for dead."""

_LONGEST = 2000
"""Bytes of a key: databases index them, and PostgreSQL announces them, up to a length."""


@attrs.frozen
class Claim:
    """The right to do something, until it is released or void.

    :ivar heard: when its holder was last heard of. It tells this claim from others of the same key,
        of which there can be none with the same moment.
    """

    key: str
    heard: int


def is_void(heard: int, now: int) -> bool:
    """Whether a claim has no holder any more. One from far ahead is of a clock that went wrong."""
    return abs(now - heard) >= VOID_AFTER


def variant_claim(hash: Hash, key: str) -> str:
    """Of making a variant; its key as pict-rs spells it (spec storage §1.9)."""
    return hash.text + (key if len(key.encode()) <= _LONGEST else _digest(key))


def motion_claim(hash: Hash) -> str:
    """Of making the still frame of a video."""
    return f"pictd-motion {hash.text}"


def proxy_claim(url: str) -> str:
    """Of downloading a remote URL. What is in it may be a secret, and keys are logged."""
    return f"pictd-proxy {_digest(url)}"


def telling_claim(upload: str) -> str:
    """Of telling the result of a queued upload."""
    return f"pictd-upload {upload}"


RETENTION_CLAIM = "pictd-retention"
"""Of the sweep of what is outdated."""

STRAYS_CLAIM = "pictd-strays"
"""Of the sweep of stray bytes."""


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
