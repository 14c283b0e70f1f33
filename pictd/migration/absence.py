"""What a repo tells of the server's absence (contract C13), in a repo that took over another's.

What was carried could not be asked for since the source's server was last there, even where the
destination's has been there all the time; and whichever grace ends later ends for both.
"""

from __future__ import annotations

from collections.abc import Mapping

from pictd.interfaces.repos import ISettings
from pictd.model.settings import GRACE_ENDS, LAST_SEEN

MOMENTS = frozenset({LAST_SEEN, GRACE_ENDS})
"""The settings that are carried here."""


async def carry_absence(source: Mapping[str, bytes], destination: ISettings) -> None:
    """Idempotent.

    :param source: all settings of the source.
    """
    seen = [await destination.get(LAST_SEEN) or source.get(LAST_SEEN), source.get(LAST_SEEN)]
    await destination.set(LAST_SEEN, b"%d" % min(map(_moment, seen)))
    ends = [await destination.get(GRACE_ENDS), source.get(GRACE_ENDS)]
    await destination.set(GRACE_ENDS, b"%d" % max(map(_moment, ends)))


def _moment(value: bytes | None) -> int:
    """0, long ago, where there is none."""
    return int(value) if value and value.isdigit() else 0
