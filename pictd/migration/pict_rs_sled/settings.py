"""Settings that the server itself keeps (spec storage §1.8)."""

from __future__ import annotations

from pictd.migration.pict_rs_sled import forms
from pictd.migration.pict_rs_sled.skips import Reason, Skips
from pictd.migration.pict_rs_sled.trees import Name, Trees, items

_NOT_FOUND_IMAGE = "404-alias"
_KEPT = frozenset(
    ("migrate-0.4", "prune-missing-complete", "prune-missing-queued", "prune-missing-started")
)
_OF_NO_USE = frozenset(("last-path",))  # the paths of pict-rs before 0.5.7


def settings(trees: Trees, skips: Skips) -> dict[str, bytes]:
    """Those that mean something to us."""
    found = {}
    for key, value in items(trees, Name.SETTINGS):
        name = key.decode(errors="replace")
        if name == _NOT_FOUND_IMAGE and _is_alias(value):
            found[name] = forms.alias(value).to_bytes()
        elif name in _KEPT:
            found[name] = value
        elif name not in _OF_NO_USE:
            skips.add(Reason.SETTING_UNKNOWN, key)
    return found


def _is_alias(data: bytes) -> bool:
    try:
        forms.alias(data)
    except ValueError:
        return False
    return True
