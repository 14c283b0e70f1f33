"""``pictd check``: would the server start, and with everything? (contract D2, D5)"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

from pictd.admin.places import unusable
from pictd.config.findings import ConfigError
from pictd.config.load import Loaded
from pictd.config.schema import Config
from pictd.errors import PictdError
from pictd.imaging import sandbox

_EXPOSED = {
    "landlock": "this kernel has no Landlock: imaging children could read any file of this user",
    "seccomp": "this kernel can't filter system calls: imaging children could reach the network",
}

Look = Callable[[Config], Awaitable[Sequence[str]]]
"""What is wrong with a configuration, one line each."""


class Workshop(Protocol):
    """Whatever works on media."""

    async def look(self) -> None:
        """Have it ready, and see what works.

        :raise PictdError: nothing does.
        """

    def missing(self) -> Sequence[str]:
        """What does not work."""

    async def stop(self) -> None:
        """End it."""


Equip = Callable[[Config], Workshop]
"""A workshop for a configuration, not started yet."""


async def check(
    load: Callable[[], Loaded],
    equip: Equip,
    look: Look,
    say: Callable[[str], None] = print,
) -> int:
    """Tell every finding, or ``ok``. Nothing is made, and nothing is left running.

    :param load: reads the configuration, or raises ConfigError.
    :param equip: makes what works on media.
    :param look: what else has to be looked at.
    :param say: writes one line.
    :return: the exit status; doubts fail as errors do. What isolates children less than it could
        is told, but fails nothing: no setting mends it.
    """
    found = await _findings(load, equip, look)
    for warning in exposed(sandbox.support()):
        say(f"warning: {warning}")
    for line in found or ("ok",):
        say(line)
    return 1 if found else 0


def exposed(support: dict[str, object]) -> Iterator[str]:
    """What this kernel does not keep children from.

    :param support: as ``sandbox.support`` tells it.
    """
    return (text for name, text in _EXPOSED.items() if not support.get(name))


async def _findings(load: Callable[[], Loaded], equip: Equip, look: Look) -> Sequence[str]:
    try:
        loaded = load()
    except ConfigError as error:
        return error.messages
    config = loaded.config
    broken = await _broken(equip(config))
    return [*loaded.warnings, *await look(config), *unusable(config), *broken]


async def _broken(workshop: Workshop) -> Sequence[str]:
    """What does not work of codecs and programs, and of the children that use them."""
    try:
        await workshop.look()
    except PictdError as error:
        return [f"imaging children do not work here: {error}"]
    else:
        return [f"{name}: it does not work here" for name in workshop.missing()]
    finally:
        await workshop.stop()
