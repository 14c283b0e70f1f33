"""Handing the configuration in force to another process, which asks nobody else for it."""

from __future__ import annotations

from collections.abc import Mapping

from pictd.config.layers import Given
from pictd.config.load import built, typed
from pictd.config.schema import Config
from pictd.config.toml import native


def handed(values: Mapping[str, object]) -> dict[str, object]:
    """Typed values as JSON holds them; secrets are among them."""
    return {path: native(value) for path, value in values.items() if value is not None}


def received(told: Mapping[str, object]) -> Config:
    """The configuration of which ``handed`` was given the values.

    :raise ConfigError: it is none.
    """
    return built(typed({path: Given(raw, "handed over") for path, raw in told.items()}))
