"""Values of the model as JSON, between the daemon and its imaging children."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from pictd.model.formats import Format, Kind
from pictd.model.limits import Bounds, Measured, Rules


def rules_to_json(rules: Rules) -> dict[str, object]:
    """What ``rules_from_json`` reads."""
    return {
        "image": attrs.asdict(rules.image),
        "animation": attrs.asdict(rules.animation),
        "video": rules.video and attrs.asdict(rules.video),
        "requested": attrs.asdict(rules.requested),
        "allowed": sorted(kind.value for kind in rules.allowed),
    }


def rules_from_json(data: Mapping[str, Any]) -> Rules:
    """The inverse of ``rules_to_json``."""
    return Rules(
        Bounds(**data["image"]),
        Bounds(**data["animation"]),
        Bounds(**data["video"]) if data["video"] is not None else None,
        Bounds(**data["requested"]),
        frozenset(Kind(value) for value in data["allowed"]),
    )


def measured_to_json(measured: Measured) -> dict[str, object]:
    """What ``measured_from_json`` reads."""
    return attrs.asdict(measured) | {"format": measured.format.as_json()}


def measured_from_json(data: Mapping[str, Any]) -> Measured:
    """The inverse of ``measured_to_json``."""
    return Measured(
        Format.from_json(data["format"]),
        data["width"],
        data["height"],
        data["frames"],
        data["file_size"],
    )
