"""What a client asks of an upload, and what it is told of one that was queued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from pictd.model.alias import Alias, DeleteToken
from pictd.model.formats import Kind
from pictd.model.limits import MEBIBYTE, Bounds


@attrs.frozen
class UploadQuery:
    """Limits of the request's own, and operations to apply before the file is stored.

    :ivar operations: (name, value) pairs in query order, not yet parsed: a bad one is told only
        after the limits were checked, and never for video (spec http-api §3.3).
    """

    bounds: Bounds = attrs.field(factory=Bounds)
    allowed: frozenset[Kind] = frozenset(Kind)
    operations: tuple[tuple[str, str], ...] = ()


_LIMITS = {
    "max_width": "width",
    "max_height": "height",
    "max_area": "area",
    "max_frame_count": "frames",
}
_SIZE = "max_file_size"  # in MiB
_KINDS = {
    "allow_image": Kind.IMAGE,
    "allow_animation": Kind.ANIMATION,
    "allow_video": Kind.VIDEO,
}


def query_to_json(query: UploadQuery) -> dict[str, object]:
    """The form of pict-rs's jobs (spec storage §7.4): one flat object of texts, in which operations
    lose order and repeats."""
    limits: dict[str, int | None] = {
        name: getattr(query.bounds, field) for name, field in _LIMITS.items()
    }
    size = query.bounds.file_size
    limits[_SIZE] = None if size is None else size // MEBIBYTE
    return {
        **{name: None if value is None else str(value) for name, value in limits.items()},
        **{name: str(kind in query.allowed).lower() for name, kind in _KINDS.items()},
        **dict(query.operations),
    }


def query_from_json(
    data: object, operations: Sequence[tuple[str, str]] | None = None
) -> UploadQuery:
    """The reverse of ``query_to_json``; what is missing has its default.

    :param operations: in their order, where they are known from elsewhere.
    :raise ValueError: not of that form.
    """
    members = {} if data is None else data
    if not isinstance(members, Mapping):
        raise ValueError(f"not the query of an upload: {str(data)[:200]}")
    found = {field: _number(members.get(name)) for name, field in _LIMITS.items()}
    size = _number(members.get(_SIZE))
    bounds = Bounds(**found, file_size=None if size is None else size * MEBIBYTE)
    allowed = frozenset(kind for name, kind in _KINDS.items() if members.get(name) != "false")
    if operations is None:
        taken = {*_LIMITS, _SIZE, *_KINDS}
        operations = [(str(key), str(members[key])) for key in members if key not in taken]
    return UploadQuery(bounds, allowed, tuple(operations))


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))


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
