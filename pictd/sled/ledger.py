"""Keeps account of what is found wrong while a database is read."""

from __future__ import annotations

from collections import Counter

from pictd.sled.damage import Finding, Found, Report
from pictd.sled.failures import DatabaseDamaged

_NAMED = 100
"""Findings of one kind that are named; beyond them they are only counted."""


class Ledger:
    """Collects findings; ``forced``: damage is no reason to stop."""

    def __init__(self, forced: bool = False) -> None:
        self._forced = forced
        self._damaged = False
        self._counts: Counter[Finding] = Counter()
        self._found: dict[Found, None] = {}

    def add(self, finding: Finding, where: str) -> None:
        """A finding that is named already counts but once."""
        found = Found(finding, where)
        if found in self._found:
            return
        self._damaged = self._damaged or not finding.harmless
        self._counts[finding] += 1
        if self._counts[finding] <= _NAMED:
            self._found[found] = None

    def settle(self) -> None:
        """:raise DatabaseDamaged: something was damaged so far, and nothing is forced."""
        if self._damaged and not self._forced:
            raise DatabaseDamaged(self.report)

    @property
    def report(self) -> Report:
        """As of now; it does not change any more."""
        return Report(dict(self._counts), tuple(self._found))
