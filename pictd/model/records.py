"""Records: what the repo holds, what queues carry, and what work on media results in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.model.details import Details
from pictd.model.formats import Format
from pictd.model.hashes import Hash


@attrs.frozen
class HashRecord:
    """A stored original.

    :ivar created_at: when the content was first uploaded.
    :ivar motion: identifier of its still frame, once made.
    """

    hash: Hash
    identifier: str
    created_at: int
    blurhash: str | None = None
    motion: str | None = None


@attrs.frozen
class Original:
    """An alias, and the original behind it.

    :ivar details: None where they were never measured (databases of pict-rs).
    """

    alias: Alias
    token: DeleteToken = attrs.field(repr=False)
    record: HashRecord
    details: Details | None


@attrs.frozen
class Naming:
    """A new name for content, and what comes with it in the same step.

    :ivar url: a remote URL in its normalised spelling, which is proxied under the alias from now
        on, and was asked for at the moment ``accessed``.
    :ivar upload: id of the queued upload that this completes.
    """

    alias: Alias
    token: DeleteToken = attrs.field(repr=False)
    url: str | None = None
    accessed: int = 0
    upload: str | None = None


@attrs.frozen
class Variant:
    """A derived file.

    :ivar details: None where they were never measured.
    """

    identifier: str
    details: Details | None


@attrs.frozen
class Listed:
    """An original as the listing shows it; ``aliases`` may be empty."""

    record: HashRecord
    aliases: Sequence[Alias]
    details: Details | None


@attrs.frozen
class Page:
    """Part of the listing, newest first.

    :ivar next: the first entry of the following, older page.
    :ivar previous: the first entry of the page before, of the same length where it can be.
    """

    entries: Sequence[Listed]
    next: Hash | None
    previous: Hash | None


@attrs.frozen
class Published:
    """:ivar created: whether the content was new; otherwise ``record`` is the earlier one."""

    record: HashRecord
    details: Details | None
    created: bool


class Queue(Enum):
    """The queues; names are stored data."""

    CLEANUP = "cleanup"
    PROCESS = "process"


@attrs.frozen
class Job:
    """Queued work that a worker has taken.

    :ivar payload: JSON: ``{"Identifier": {…}}`` or a bare name (spec storage §7.3, §7.4).
    :ivar attempts_left: this one not counted.
    :ivar exhausted: all attempts were made; it was taken to be given up.
    """

    id: str
    queue: Queue
    payload: object
    attempts_left: int
    exhausted: bool = False


@attrs.frozen
class Normalised:
    """An upload made safe.

    :ivar path: the file to store.
    :ivar hash: of the bytes at ``path``.
    """

    path: Path
    hash: Hash
    width: int
    height: int
    frames: int | None
    blurhash: str | None


@attrs.frozen
class Rendered:
    """A variant as made; ``format`` is what the bytes really are."""

    path: Path
    format: Format
    width: int
    height: int
    frames: int | None
