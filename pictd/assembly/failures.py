"""Why a server can't be made of a valid configuration."""

from __future__ import annotations


class CannotStart(Exception):
    """The configuration is valid, but this machine does not let the server start with it."""
