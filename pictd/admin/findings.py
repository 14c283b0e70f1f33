"""What ``pictd check`` finds, one thing at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs

from pictd.model.carried import CarriedOriginal


@attrs.frozen
class Finding:
    """Something that is not as it should be.

    :ivar text: one line.
    :ivar remedy: heals the records; None: nothing that a program may decide.
    :ivar healed: what it did, one line.
    """

    text: str
    remedy: Callable[[], Awaitable[object]] | None = None
    healed: str = ""


@attrs.define
class Findings:
    """Tells each at once, and heals what can be healed where that is asked for."""

    say: Callable[[str], None]
    repair: bool
    count: int = 0
    healed: int = 0

    async def note(self, finding: Finding) -> None:
        """One more; it is told even if healing fails."""
        self.count += 1
        told = finding.text
        try:
            if self.repair and finding.remedy is not None:
                await finding.remedy()
                self.healed += 1
                told += f"; repaired: {finding.healed}"
        finally:
            self.say(told)

    @property
    def told(self) -> str:
        """All together."""
        if not self.count:
            return "nothing is wrong"
        repaired = f", {self.healed} repaired" if self.repair else ""
        return f"{self.count} findings{repaired}"


def named(original: CarriedOriginal) -> str:
    """The identifier, and a name by which people know it."""
    identifier, names = original.record.identifier, sorted(map(str, original.aliases))
    return f"{identifier} ({names[0]})" if names else identifier
