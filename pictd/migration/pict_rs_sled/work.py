"""Queued uploads, and queued jobs (spec sled §11.4)."""

from __future__ import annotations

_ID = 16  # bytes
_PENDING = b"1"
_ATTEMPTS = 5
