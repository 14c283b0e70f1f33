"""What may be uploaded: bounds, and the first of them that a file exceeds (spec media §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Self

import attrs

from pictd.model.formats import Format, Kind

MEBIBYTE = 1024 * 1024


@attrs.frozen
class Bounds:
    """Inclusive upper bounds; None bounds nothing.

    Widths and heights are in pixels, ``file_size`` in bytes of the file as uploaded.
    """

    width: int | None = None
    height: int | None = None
    area: int | None = None
    frames: int | None = None
    file_size: int | None = None

    def as_json(self) -> dict[str, object]:
        """The form between daemon and children."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """:raise ValueError: not the JSON form of bounds."""
        members = _members(data, cls)
        return cls(**{name: _count_or_none(members[name], name) for name in members})


@attrs.frozen
class Rules:
    """Everything that one upload is held against.

    :ivar requested: bounds of the request's own query.
    :ivar allowed: kinds that the request lets through.
    :ivar video: None where video is switched off.
    """

    image: Bounds
    animation: Bounds
    video: Bounds | None
    requested: Bounds = attrs.field(factory=Bounds)
    allowed: frozenset[Kind] = frozenset(Kind)

    def as_json(self) -> dict[str, object]:
        """The form between daemon and children."""
        return {
            "image": self.image.as_json(),
            "animation": self.animation.as_json(),
            "video": self.video.as_json() if self.video else None,
            "requested": self.requested.as_json(),
            "allowed": sorted(kind.value for kind in self.allowed),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """:raise ValueError: not the JSON form of rules."""
        members = _members(data, cls)
        video, allowed = members["video"], members["allowed"]
        if not isinstance(allowed, list):
            raise ValueError(f"not a list of kinds: {allowed!r}")
        return cls(
            Bounds.from_json(members["image"]),
            Bounds.from_json(members["animation"]),
            None if video is None else Bounds.from_json(video),
            Bounds.from_json(members["requested"]),
            frozenset(Kind(kind) for kind in allowed),
        )


@attrs.frozen
class Measured:
    """What a file says of itself before any pixel is decoded.

    :ivar frames: None where it is unknown or one.
    :ivar file_size: bytes as uploaded.
    """

    format: Format
    width: int
    height: int
    frames: int | None
    file_size: int

    def as_json(self) -> dict[str, object]:
        """The form between daemon and children."""
        return attrs.asdict(self, recurse=False) | {"format": self.format.as_json()}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """:raise ValueError: not the JSON form of measurements."""
        members = _members(data, cls)
        return cls(
            Format.from_json(members["format"]),
            _count(members["width"], "width"),
            _count(members["height"], "height"),
            _count_or_none(members["frames"], "frames"),
            _count(members["file_size"], "file_size"),
        )


class Reason(Enum):
    """Why a file is refused."""

    WIDTH = "width"
    HEIGHT = "height"
    AREA = "area"
    FRAMES = "frames"
    FILE_SIZE = "file_size"
    DISALLOWED = "disallowed"
    VIDEO_DISABLED = "video_disabled"


@attrs.frozen
class Refusal:
    """:ivar limit: the bound, and ``actual`` what was measured, where a bound was exceeded."""

    reason: Reason
    limit: int | None = None
    actual: int | None = None


_REQUESTED = (Reason.WIDTH, Reason.HEIGHT, Reason.FRAMES, Reason.AREA, Reason.FILE_SIZE)
_CONFIGURED = (Reason.WIDTH, Reason.HEIGHT, Reason.AREA, Reason.FRAMES, Reason.FILE_SIZE)


def refusal(measured: Measured, rules: Rules) -> Refusal | None:
    """The first rule that a file breaks, in the order that clients rely on; None: acceptable."""
    kind = measured.format.kind
    requested = _excess(measured, rules.requested, _REQUESTED)
    if requested is not None:
        return requested
    if kind not in rules.allowed:
        return Refusal(Reason.DISALLOWED)
    bounds = {
        Kind.IMAGE: rules.image,
        Kind.ANIMATION: rules.animation,
        Kind.VIDEO: rules.video,
    }[kind]
    if bounds is None:
        return Refusal(Reason.VIDEO_DISABLED)
    return _excess(measured, bounds, _CONFIGURED)


def _excess(measured: Measured, bounds: Bounds, order: tuple[Reason, ...]) -> Refusal | None:
    actual = {
        Reason.WIDTH: measured.width,
        Reason.HEIGHT: measured.height,
        Reason.AREA: measured.width * measured.height,
        Reason.FRAMES: measured.frames or 1,
        Reason.FILE_SIZE: measured.file_size,
    }
    if order is _REQUESTED and measured.frames is None:
        del actual[Reason.FRAMES]
    for reason in order:
        limit = getattr(bounds, reason.value)
        if limit is not None and actual.get(reason, 0) > limit:
            return Refusal(reason, limit, actual[reason])
    return None


def _members(data: object, of: type[attrs.AttrsInstance]) -> dict[str, object]:
    """The members of a JSON object, which are exactly the fields of ``of``."""
    if not isinstance(data, Mapping) or set(data) != {each.name for each in attrs.fields(of)}:
        raise ValueError(f"not the members of {of.__name__}: {str(data)[:200]}")
    return dict(data)


def _count_or_none(value: object, name: str) -> int | None:
    return None if value is None else _count(value, name)


def _count(value: object, name: str) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is not a number of something: {str(value)[:40]}")
    return value
