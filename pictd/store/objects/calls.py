"""What is asked of an S3 service, and how it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
from twisted.internet.ssl import Certificate

from pictd.store.objects.payloads import NOTHING, Payload
from pictd.store.objects.places import Place
from pictd.store.objects.signing import Credentials


@attrs.frozen
class Access:
    """To a bucket.

    :ivar seconds: that a request may take, to the head of its answer; that the reader of a body
        waits for its next piece.
    :ivar now: seconds since the epoch; None: the reactor's.
    :ivar trust: the one authority for TLS; None: those of the machine.
    """

    place: Place
    credentials: Credentials
    seconds: float
    now: Callable[[], float] | None = None
    trust: Certificate | None = None


@attrs.frozen
class Call:
    """A request.

    :ivar key: of an object; empty: the bucket itself.
    :ivar query: parameters, not encoded.
    """

    method: str
    key: str = ""
    query: Mapping[str, str] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    payload: Payload = NOTHING

    @property
    def kind(self) -> str:
        """The name under which metrics know it."""
        if not self.key:
            return "list"
        if "partNumber" in self.query:
            return "part"
        if "uploads" in self.query:
            return "create"
        if "uploadId" in self.query:
            return "abort" if self.method == "DELETE" else "complete"
        return self.method.lower()
