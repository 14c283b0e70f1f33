"""``pictd check``: is the configuration fit to start with? (contract D2)"""

from __future__ import annotations

from collections.abc import Callable

from pictd.config.findings import ConfigError
from pictd.config.load import Loaded


def findings(load: Callable[[], Loaded]) -> tuple[str, ...]:
    """What is wrong or doubtful, one line each; empty when all is well.

    :param load: reads the configuration, or raises ConfigError.
    """
    try:
        return load().warnings
    except ConfigError as error:
        return error.messages


def check(load: Callable[[], Loaded], say: Callable[[str], None] = print) -> int:
    """Tell every finding, or ``ok``.

    :param say: writes one line.
    :return: the exit status; doubts fail as errors do.
    """
    found = findings(load)
    for line in found or ("ok",):
        say(line)
    return 1 if found else 0
