"""What is wrong with a configuration."""

from __future__ import annotations

from collections.abc import Sequence


class ConfigError(Exception):
    """The configuration can't be used.

    :ivar messages: one line each; a wrong value is told with its key, the rule that it breaks,
        and where it was set.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = tuple(messages)
