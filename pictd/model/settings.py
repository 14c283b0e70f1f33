"""Names of settings that the server keeps for itself (spec storage §1.8)."""

from __future__ import annotations

HEALTH = "health-value"
"""Written to see whether writing works; it tells of one database only and is never carried."""

LAST_SEEN, GRACE_ENDS = "pictd-last-seen", "pictd-grace-ends"
"""Moments in nanoseconds, as text: when the server was last there, and until when nothing is to
expire after it had been away (contract C13)."""
