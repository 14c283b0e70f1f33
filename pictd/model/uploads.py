"""What a client asks of an upload, and what it is told of one that was queued."""

from __future__ import annotations

import attrs

from pictd.model.alias import Alias, DeleteToken
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


@attrs.frozen
class Uploaded:
    """A queued upload that was published."""

    alias: Alias
    token: DeleteToken = attrs.field(repr=False)


@attrs.frozen
class UploadFailed:
    """A queued upload that will never be published.

    :ivar message: for people.
    :ivar code: of the error.
    """

    message: str
    code: str


UploadResult = Uploaded | UploadFailed


@attrs.frozen
class Upload:
    """A queued upload: pending while it has no result, then waiting to be claimed.

    :ivar identifier: of its raw bytes, while it is pending.
    :ivar created: the moment when it was queued.
    """

    id: str
    identifier: str | None
    created: int
    result: UploadResult | None = None


def result_to_json(result: UploadResult) -> dict[str, object]:
    """The stored form (spec storage §1.10)."""
    if isinstance(result, Uploaded):
        return {"Success": {"alias": str(result.alias), "token": result.token.text}}
    return {"Failure": {"message": result.message, "code": result.code}}


def result_from_json(value: object) -> UploadResult:
    """The reverse of ``result_to_json``.

    :raise ValueError: not of that form.
    """
    match value:
        case {"Success": {"alias": str(alias), "token": str(token)}}:
            return Uploaded(Alias.parse(alias), DeleteToken.parse(token))
        case {"Failure": {"message": str(message), "code": str(code)}}:
            return UploadFailed(message, code)
    raise ValueError("not the result of an upload")
