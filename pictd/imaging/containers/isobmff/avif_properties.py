"""Which properties of AV1 pictures remain, and nothing hidden in them (ISO/IEC 23008-12 §6.5)."""

from __future__ import annotations

from pictd.imaging.containers.isobmff.boxes import Box
from pictd.imaging.containers.profiles import sound

_ALPHA = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    b"urn:mpeg:hevc:2015:auxid:1",
)
_SIZES = {
    b"ispe": range(12, 13),
    b"pixi": range(5, 12),
    b"irot": range(1, 2),
    b"imir": range(1, 2),
    b"clap": range(32, 33),
    b"pasp": range(8, 9),
    b"clli": range(4, 5),
    b"mdcv": range(24, 25),
    b"a1op": range(1, 2),
    b"a1lx": range(7, 14),
    b"lsel": range(2, 3),
    b"ccst": range(8, 9),
}
_AV1C = 4
_NCLX = 11


def kept_property(found: Box) -> Box | None:
    """The property as it may remain, or None."""
    if found.kind == b"av1C":
        return Box(b"av1C", found.body[:_AV1C])
    if found.kind == b"colr":
        return _kept_colour(found)
    if found.kind in (b"auxC", b"auxi"):
        urn = found.body[4:].partition(b"\0")[0]
        return Box(found.kind, bytes(4) + urn + b"\0") if urn in _ALPHA else None
    return found if len(found.body) in _SIZES.get(found.kind, ()) else None


def is_alpha(found: Box) -> bool:
    """Whether a kept property says that its picture is the transparency of another."""
    return found.kind in (b"auxC", b"auxi")


def colour_profile(found: Box) -> bytes | None:
    """The ICC profile in a kept property."""
    is_profile = found.kind == b"colr" and found.body[:4] in (b"prof", b"rICC")
    return found.body[4:] if is_profile else None


def _kept_colour(found: Box) -> Box | None:
    if found.body[:4] == b"nclx":
        return found if len(found.body) == _NCLX else None
    profile = sound(found.body[4:]) if found.body[:4] in (b"prof", b"rICC") else None
    return Box(b"colr", found.body[:4] + profile) if profile is not None else None
