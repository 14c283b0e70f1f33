"""What a client asks of an upload."""

from __future__ import annotations

import attrs

from pictd.model.formats import Kind
from pictd.model.limits import Bounds


@attrs.frozen
class UploadQuery:
    """Limits of the request's own, and operations to apply before the file is stored.

    :ivar operations: (name, value) pairs in query order, not yet parsed: a bad one is told only
        after the limits were checked, and never for video (spec http-api §3.3).
    """

    bounds: Bounds = attrs.field(factory=Bounds)
    allowed: frozenset[Kind] = frozenset(Kind)
    operations: tuple[tuple[str, str], ...] = ()
